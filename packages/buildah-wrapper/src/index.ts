/** The steps that need a real builder. */
export {};

/** MLC9xxx. */
export const targetErrors = {};

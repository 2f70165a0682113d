/** MLC3xxx. */
export const inspectErrors = {};

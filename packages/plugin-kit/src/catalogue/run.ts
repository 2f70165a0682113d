/** MLC8xxx. */
export const runErrors = {};

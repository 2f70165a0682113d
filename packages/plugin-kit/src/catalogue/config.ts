/** MLC1xxx. */
export const configErrors = {};

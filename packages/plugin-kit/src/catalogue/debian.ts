/** MLC4xxx. */
export const debianErrors = {};

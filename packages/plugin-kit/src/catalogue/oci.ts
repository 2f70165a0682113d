/** MLC6xxx. */
export const ociErrors = {};

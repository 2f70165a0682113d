/** MLC5xxx. */
export const wheelsErrors = {};

/** MLC2xxx. */
export const pluginErrors = {};

/** MLC68xx: credentials and settings of registries. */
export const credentialsErrors = {};

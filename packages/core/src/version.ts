/** The version of this core; a test keeps it equal to package.json. */
export const CORE_VERSION = '0.1.0';

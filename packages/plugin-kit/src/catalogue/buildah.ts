/** MLC85xx: the buildah backend. */
export const buildahErrors = {};

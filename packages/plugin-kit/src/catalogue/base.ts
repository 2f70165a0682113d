/** MLC67xx: base images from registries. */
export const baseErrors = {};

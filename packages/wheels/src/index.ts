export { normalizeName, normalizeVersion } from './names/normalize.ts';
export { openWheel } from './wheel/open.ts';

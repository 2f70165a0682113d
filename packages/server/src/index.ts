export { serverPackage } from './package.ts';
export type { ServerFile, ServerPackage } from './package.ts';

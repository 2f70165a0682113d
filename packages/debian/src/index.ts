export type { FetchContext } from './archive/fetch.ts';
export { TRUSTED_FINGERPRINTS } from './archive/keyring.ts';
export { compareVersions, parseVersion, type DebianVersion } from './control/version.ts';
export type {
  DebGroup,
  DebianArchitecture,
  DebianLock,
  LockedDeb,
  LockedRelease,
  OmittedDependency,
  Suite,
} from './lock.ts';
export { debianMirrors, type MirrorOptions } from './mirrors/mirrors.ts';
export {
  atSnapshot,
  explainMirrors,
  SNAPSHOT_SERVICE,
  type ArchiveName,
  type Mirror,
  type MirrorSettings,
  type MirrorSource,
} from './mirrors/settings.ts';
export { basePackages, pythonPackages, type PythonPackages } from './python/packages.ts';
export { resolveDebian, type ResolveRequest } from './resolve/resolve.ts';

export type { FetchContext } from './archive/fetch.ts';
export { TRUSTED_FINGERPRINTS } from './archive/keyring.ts';
export { compareVersions, parseVersion, type DebianVersion } from './control/version.ts';
export { openDeb, type OpenDeb } from './deb/deb.ts';
export {
  cachedLibraries,
  ldCacheEntries,
  type CachedLibrary,
  type LibrarySet,
} from './elf/ld-cache.ts';
export type { LibraryRecord } from './elf/library-record.ts';
export { fetchDeb } from './fetch-deb.ts';
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
  type ArchiveName,
  type Mirror,
  type MirrorSettings,
  type MirrorSource,
} from './mirrors/settings.ts';
export { interpreterCommand, type InterpreterCommand } from './python/command.ts';
export { basePackages, pythonPackages, type PythonPackages } from './python/packages.ts';
export {
  isOfCompiler,
  unpackCompiler,
  unpackInterpreter,
  type DataKeeper,
} from './python/unpack.ts';
export { resolveDebian, type ResolveRequest } from './resolve/resolve.ts';
export { NONROOT } from './rootfs/generated.ts';
export {
  debianLayerEntries,
  type BytecodeMaker,
  type DebianLayer,
  type FetchedDeb,
  type LayerContext,
} from './rootfs/layer.ts';

import type { ArchiveName } from './mirrors/settings.ts';

/** Suites whose layout and Python are known. */
export type Suite = 'bookworm' | 'trixie';

/** Debian's names of architectures; these two are the same as OCI's. */
export type DebianArchitecture = 'amd64' | 'arm64';

/** Which layer a package belongs to: the root, the interpreter, or what user and plugins ask for. */
export type DebGroup = 'system' | 'runtime' | 'extra';

/** One package of the lock; its file is found below any mirror of its archive, and proved by its hash. */
export interface LockedDeb {
  readonly name: string;
  readonly version: string;
  readonly architecture: DebianArchitecture | 'all';
  readonly archive: ArchiveName;
  /** Path below the archive: `pool/main/z/zlib/zlib1g_1.2.13.dfsg-1_amd64.deb`. */
  readonly file: string;
  /** Hex. */
  readonly sha256: string;
  /** Bytes. */
  readonly size: number;
  readonly group: DebGroup;
  /** Packages whose dependency brought it, sorted; `@base`, `@python` and `@config` for those asked for by name. */
  readonly requiredBy: readonly string[];
}

/** A dependency that is not laid, because no maintainer script runs that would need it. */
export interface OmittedDependency {
  readonly name: string;
  readonly requiredBy: readonly string[];
  readonly reason: string;
}

/** A release file that the lock was made from. */
export interface LockedRelease {
  readonly archive: ArchiveName;
  readonly suite: string;
  /** ISO 8601, UTC. */
  readonly date: string;
  /** Of the InRelease file, hex. */
  readonly sha256: string;
}

/** The Debian part of `mlcontainer.lock` for one architecture: plain JSON without any host. */
export interface DebianLock {
  readonly suite: Suite;
  readonly architecture: DebianArchitecture;
  /** Moment of the snapshot service that the packages come from (`20261122T113103Z`), where it is the mirror. */
  readonly snapshot?: string;
  readonly release: readonly LockedRelease[];
  /** Sorted by name. */
  readonly packages: readonly LockedDeb[];
  /** Sorted by name. */
  readonly omitted: readonly OmittedDependency[];
}

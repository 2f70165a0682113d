import type { DebianLock } from '@mlcontainer/debian';
import type { Digest } from '@mlcontainer/oci';
import type { PinnedBase } from '@mlcontainer/plugin-kit';
import type { WheelLock } from '@mlcontainer/wheels';
import type { LockedSdist } from '../sdists/types.ts';

/** The version of the lock's JSON. */
export const LOCK_VERSION = 1 as const;

/** The file beside the config. */
export const LOCK_FILE = 'mlcontainer.lock';

/**
 * Every fetched input by name, version, file name, sha256 and size, and the layers that came of them. No host
 * name, no URL, no credential: an artifact is found through whichever index or mirror is configured.
 */
export interface Lock {
  readonly lockVersion: typeof LOCK_VERSION;
  readonly plugins: readonly { readonly name: string; readonly version: string }[];
  /** Hashes of what was asked for; another request makes that part of the lock stale. */
  readonly requests: {
    readonly debian: string;
    readonly python: string;
    /** Where the base is an image. */
    readonly base?: string;
  };
  /** One for each architecture of the plan. */
  readonly debian: readonly DebianLock[];
  /** The interpreters that compile bytecode on build hosts whose architecture is not among the plan's. */
  readonly tools: readonly DebianLock[];
  /** What the build containers of steps have and the image has not, one for each architecture of the plan. */
  readonly steps?: readonly DebianLock[];
  /** The images of a base from a registry, one for each platform; not there on a Debian base. */
  readonly bases?: readonly PinnedBase[];
  readonly python: readonly WheelLock[];
  /** Source distributions whose wheels were compiled, for each platform. */
  readonly sdists?: readonly LockedSdist[];
  /** Recipe digest → the layer it gives. */
  readonly layers: Readonly<Record<string, LockedLayer>>;
}

/** A layer as the lock remembers it. */
export interface LockedLayer {
  readonly mediaType: string;
  readonly digest: Digest;
  readonly diffId: Digest;
  /** Bytes, compressed. */
  readonly size: number;
}

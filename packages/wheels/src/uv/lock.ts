import type { Platform } from '@mlcontainer/plugin-kit';

/** One wheel, found through whichever index is configured and proved by its hash. */
export interface LockedWheel {
  /** Normalised (PEP 503). */
  readonly name: string;
  readonly version: string;
  /** File name. */
  readonly file: string;
  /** Hex. */
  readonly sha256: string;
  /** Bytes. */
  readonly size: number;
  /** Names of locked packages that it requires on this platform, sorted. */
  readonly requires: readonly string[];
  /** Names of locked packages that require it, sorted; empty for what only the request names. */
  readonly requiredBy: readonly string[];
  /** Compatibility tags of the file name, expanded, sorted (PEP 425). */
  readonly tags: readonly string[];
}

/** The wheels of one platform: plain JSON, sorted by name, without host, address or time. */
export interface WheelLock {
  readonly platform: Platform;
  /** `3.11` */
  readonly pythonVersion: string;
  readonly packages: readonly LockedWheel[];
}

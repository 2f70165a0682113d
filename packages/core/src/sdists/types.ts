import type { Platform } from '@mlcontainer/plugin-kit';
import type { LockedSource, LockedWheel } from '@mlcontainer/wheels';

/** A source distribution of the lock, with all that its wheel comes of. */
export interface LockedSdist extends LockedSource {
  readonly platform: Platform;
  readonly backend: string;
  readonly backendPath: readonly string[];
  /** What the build requires, resolved (PEP 518). */
  readonly build: readonly LockedWheel[];
  /** What was compiled; on another machine it must come out the same. */
  readonly wheel: CompiledWheel;
}

/** A wheel that was compiled here. */
export interface CompiledWheel {
  readonly file: string;
  /** Hex. */
  readonly sha256: string;
  /** Bytes. */
  readonly size: number;
}

import type { Descriptor, Digest } from '@mlcontainer/oci';

import type { Content, PushOutcome } from '../content.ts';
import type { Tagged } from './ask.ts';

/** What is pushed: an image, or an index with its images. */
export interface Graph {
  /** Layers and configs; each is opened only where the target misses it. */
  readonly blobs: readonly Content[];
  /** Children before the index that lists them; the last one is the root. */
  readonly manifests: readonly Content[];
  /** Of the root. */
  readonly tags: readonly string[];
}

/** How far one blob or manifest is. Bytes. */
export interface PushProgress {
  readonly descriptor: Descriptor;
  readonly sent: number;
  /** Set once, at its end. */
  readonly how?: PushOutcome['how'];
}

/** How a graph is pushed. */
export interface PushGraphOptions {
  readonly signal: AbortSignal;
  /** Blobs on their way at a time; 6 when left out. */
  readonly concurrency?: number;
  /** Repositories of the same registry that may hold a blob already. */
  readonly mountFrom?: readonly string[] | ((blob: Descriptor) => readonly string[]);
  /** What `askTags` was told of the same target and tags a moment ago; they are asked for now when left out. */
  readonly asked?: Promise<Tagged> | undefined;
  /** What `askParts` was told of these tags; it is asked for where that is of use when left out. */
  readonly there?: Promise<ReadonlySet<Digest>> | undefined;
  /** Blobs that others push, or did a moment ago: they are waited for, and not asked for. */
  readonly sentBefore?: ReadonlyMap<Digest, Promise<unknown>>;
  readonly onProgress?: (progress: PushProgress) => void;
}

/** What a push did. */
export interface PushGraphResult {
  readonly root: Descriptor;
  /** Each blob and manifest that was looked at: none where the root was there already. */
  readonly outcomes: ReadonlyMap<Digest, PushOutcome>;
  /** Tags that were set or moved. */
  readonly moved: readonly string[];
  /** Bytes of bodies sent. */
  readonly sent: number;
}

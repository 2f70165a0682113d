import type { Mirrors } from '../mirror/mirrors.ts';
import type { Aspect, Measured } from './measure.ts';

/** A way to make an image, as the benchmark drives it. */
export interface Subject {
  readonly name: string;
  readonly version: string;
  /** Whether the memory of its runs is that of the builder. */
  readonly memory: boolean;
  /** From nothing cached to the image. */
  cold(aspect: Aspect): Promise<Measured>;
  /** Again, with nothing changed. */
  again(): Promise<Measured>;
  /** Again, with another model of the same kind. */
  model(): Promise<Measured>;
  /** Bytes of all layers, compressed. */
  size(): Promise<number>;
  /** How the image is served: its own command where none is named. Empty where another subject's image is the same. */
  readonly served: readonly { readonly what: string; readonly command?: readonly string[] }[];
  /** The image in the Docker engine of the benchmark. */
  load(): Promise<string>;
}

/** What all subjects share. */
export interface Bench {
  readonly folder: string;
  /** The models: the one that is built first, one that replaces it, and one for each round of pushes. */
  readonly models: readonly [first: string, second: string, ...rounds: string[]];
  /** Where all of them fetch from. */
  readonly mirrors: Mirrors;
  /** Requirements of the rivals' app, pinned. */
  readonly requirements: readonly string[];
  readonly signal: AbortSignal;
}

import type { LibraryRecord } from '@mlcontainer/debian';
import type { Digest } from '@mlcontainer/oci';
import type { PlannedFile } from '@mlcontainer/plugin-kit';
import type { FetchedDeb } from '../inputs/debian.ts';
import type { Interpreter } from '../inputs/interpreter.ts';
import type { FetchedWheel } from '../inputs/wheels.ts';
import type {
  DebianRecipe,
  FilesRecipe,
  LdCacheRecipe,
  LibraryRecipe,
  ModelRecipe,
  WheelsRecipe,
} from './recipe.ts';

/** A layer as the lock knows it. */
export type KnownLayer = Pick<LayerFacts, 'digest' | 'diffId'>;

/**
 * What a thread needs to make one layer: the recipe and where its inputs lie; and what came of that before, so that one
 * look at the digest proves it. Plain data, it is sent to a worker.
 */
export type LayerJob = JobInputs & { readonly known?: KnownLayer | undefined };

type JobInputs =
  | {
      readonly recipe: DebianRecipe;
      readonly debs: readonly FetchedDeb[];
      readonly interpreter?: Interpreter;
    }
  | {
      readonly recipe: LibraryRecipe;
      readonly standardLibrary: true;
      readonly interpreter: Interpreter;
    }
  | { readonly recipe: LdCacheRecipe; readonly libraries: readonly LibraryRecord[] }
  | {
      readonly recipe: WheelsRecipe;
      readonly wheels: readonly FetchedWheel[];
      readonly interpreter?: Interpreter;
    }
  | {
      readonly recipe: FilesRecipe;
      readonly files: readonly PlannedFile[];
      readonly root: string;
      readonly interpreter?: Interpreter;
    }
  | { readonly recipe: ModelRecipe; readonly file: string; readonly size: number };

/** What an image has to know of a layer. */
export interface LayerFacts {
  readonly mediaType: string;
  readonly digest: Digest;
  readonly diffId: Digest;
  /** Bytes, compressed. */
  readonly size: number;
  /** Bytes; not known of a layer that only the lock knows. */
  readonly uncompressedSize?: number;
}

/** A finished layer: in the store under its digest, and described by this. */
export interface LayerResult extends LayerFacts {
  readonly uncompressedSize: number;
  /** Shared libraries of a Debian layer, for the loader's cache. */
  readonly libraries?: readonly LibraryRecord[];
  /** Files of wheels that were left out. */
  readonly trimmed?: { readonly files: number; readonly bytes: number };
}

/** A guess good enough to order work: bytes that go in, those that are unpacked from xz counted as more work. */
export function costOf(job: LayerJob): number {
  if ('debs' in job) return sum(job.debs.map(({ deb }) => deb.size)) * 4;
  if ('wheels' in job) return sum(job.wheels.map(({ wheel }) => wheel.size));
  if ('files' in job) return FILES_COST;
  return 'file' in job ? job.size : 0;
}

/** A server or an app: not large, but Python that is compiled. */
const FILES_COST = 512 * 1024;

export function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

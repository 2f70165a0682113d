import type { Descriptor, Digest } from '../descriptor.ts';
import type { HistoryJson } from '../read/json.ts';
import type { Blob } from './json.ts';

/** How the container runs (image-spec config.md, `config`). */
export interface RunConfig {
  /** `65532` or `65532:65532`. */
  readonly user: string;
  /** Absolute. */
  readonly workingDir: string;
  readonly entrypoint: readonly string[];
  readonly cmd?: readonly string[];
  /** Written sorted by name. */
  readonly env: Readonly<Record<string, string>>;
  readonly labels?: Readonly<Record<string, string>>;
  /** `8080/tcp` */
  readonly exposedPorts?: readonly string[];
  readonly stopSignal?: string;
}

/** A layer's place in an image. */
export interface ImageLayer {
  readonly descriptor: Descriptor;
  readonly diffId: Digest;
  readonly history: { readonly createdBy: string; readonly comment?: string };
}

/** The part of an image that another image brings. */
export interface ImageBase {
  /** How many of the layers are its, counted from the lowest. */
  readonly layers: number;
  /** As its own configuration has it, steps without a layer among it. */
  readonly history: readonly HistoryJson[];
}

/** What an image is made of. */
export interface ImageSpec {
  readonly platform: NonNullable<Descriptor['platform']>;
  readonly config: RunConfig;
  /** The lowest first. */
  readonly layers: readonly ImageLayer[];
  /** The image that it is built on; its layers' history is taken from there. */
  readonly base?: ImageBase;
  /** Of the manifest. */
  readonly annotations?: Readonly<Record<string, string>>;
  /** RFC 3339; the epoch when left out. */
  readonly created?: string;
}

/** An image, all but its layers' bytes. */
export interface AssembledImage {
  readonly manifest: Blob;
  readonly config: Blob;
  /** Of the manifest, with the platform. */
  readonly descriptor: Descriptor;
  /** Of the layers, the lowest first. */
  readonly layers: readonly Descriptor[];
}

/** An image index with its images. */
export interface AssembledIndex {
  readonly index: Blob;
  /** Of the index. */
  readonly descriptor: Descriptor;
  readonly images: readonly AssembledImage[];
}

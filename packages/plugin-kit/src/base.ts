import type { Platform } from './platform.ts';

/** A root filesystem laid from signed Debian packages; the default. */
export interface DebianBase {
  readonly kind: 'debian';
  readonly suite: 'bookworm' | 'trixie';
  /** Debian packages besides those that Python needs. */
  readonly packages: readonly string[];
  /**
   * Packages whose maintainer scripts run, on a real buildah: those named, or all besides those that Python needs. None
   * when left out.
   */
  readonly scripts?: true | readonly string[];
  /** Base URL of a mirror; otherwise the environment's, or the machine's. */
  readonly mirror?: string;
  /** An armored or binary OpenPGP keyring file to trust instead of the shipped Debian keys, relative to the config. */
  readonly keyring?: string;
}

/** A registry image as the base, by digest or by a tag that the lock pins. */
export interface ImageBase {
  readonly kind: 'image';
  readonly reference: string;
}

/** What the config says an image stands on. */
export type Base = DebianBase | ImageBase;

/** The base that mlcontainer lays itself: bookworm brings Python 3.11, trixie 3.13. */
export function debian(
  suite: DebianBase['suite'] = 'bookworm',
  options: Partial<Omit<DebianBase, 'kind' | 'suite'>> = {},
): DebianBase {
  return { kind: 'debian', suite, packages: [], ...options };
}

/** A base image from a registry: `image('registry/repo@sha256:…')`. */
export function image(reference: string): ImageBase {
  return { kind: 'image', reference };
}

/** A blob of a base image, as its manifest names it; size in bytes. */
export interface BaseBlob {
  readonly mediaType: string;
  readonly digest: `sha256:${string}`;
  readonly size: number;
}

/** A layer of a base image. */
export interface BaseLayer extends BaseBlob {
  readonly diffId: `sha256:${string}`;
  /** Bytes of the tar. */
  readonly uncompressedSize: number;
}

/** The Python that was found in a base image; absolute paths in the image. */
export interface BasePython {
  /** `3.11.9` */
  readonly version: string;
  /** As the image's PATH finds it; of a virtual environment where that comes first. */
  readonly executable: string;
  /** The same with links followed. */
  readonly binary: string;
  /** `/usr/local` */
  readonly prefix: string;
  /** The standard library: `/usr/local/lib/python3.11`. */
  readonly stdlib: string;
  /** Whether bytecode of the standard library is there already, or cannot be put there. */
  readonly compiled: boolean;
  /** What was read to know it, for `explain`. */
  readonly evidence: readonly string[];
}

/** What was read out of the layers of a base image; nothing of it was run. */
export interface BaseFacts {
  /** The rules it was read by; facts of older rules are read again. */
  readonly rules: number;
  /** PRETTY_NAME of os-release, or `unknown`. */
  readonly system: string;
  /** Version of the GNU C library: `2.36`. */
  readonly glibc: string;
  readonly python: BasePython;
  /** Distributions that the Python sees already: `pip==24.0`, sorted. */
  readonly distributions: readonly string[];
  /** Folders near the root that are links (`bin`, `lib`): nothing may be laid below them. Entry paths, sorted. */
  readonly folderLinks: readonly string[];
  /** Libraries that wheels may count on (manylinux) and that the image lacks: `libstdc++.so.6`. Sorted. */
  readonly missingLibraries: readonly string[];
  /** The account of the UID that the server runs as, where the image has one. */
  readonly account?: { readonly name: string; readonly home: string };
  /** Where the certificates of public authorities are, absolute. */
  readonly caBundle?: string;
}

/** A base image of one platform, pinned: found through whatever registry the config names, proved by its digest. */
export interface PinnedBase {
  readonly platform: Platform;
  readonly manifest: BaseBlob;
  readonly config: BaseBlob;
  /** The lowest first; media types as in the registry. */
  readonly layers: readonly BaseLayer[];
  readonly facts: BaseFacts;
  /** Whether the machine that pinned it could start its Python, to compile bytecode. */
  readonly compiles: boolean;
}

/** A base image with what it was pinned to, one for each platform of the plan. */
export interface PlannedImageBase extends ImageBase {
  readonly images: readonly PinnedBase[];
}

/** What a plan says an image stands on. */
export type PlannedBase = DebianBase | PlannedImageBase;

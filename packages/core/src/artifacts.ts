import type { Descriptor } from '@mlcontainer/oci';
import type { Discovered } from '@mlcontainer/oras';
import type { EngineContext } from './context.ts';

/** What an artifact is made of. */
export interface ArtifactOptions {
  /** Files and folders below the context's folder; `path:media/type` where it is not ORAS' default. */
  readonly files: readonly string[];
  readonly artifactType?: string;
  readonly annotations?: Readonly<Record<string, string>>;
  /** RFC 3339; no time is written when it is left out. */
  readonly created?: string;
}

/** An artifact that was pushed or attached. */
export interface ArtifactPushed {
  /** `registry/repository@sha256:…`, `oci:/folder@sha256:…` */
  readonly reference: string;
  readonly digest: string;
  /** Of the manifest, in bytes. */
  readonly size: number;
  readonly artifactType: string | null;
  readonly layers: readonly Descriptor[];
  readonly tag?: string;
  /** What it is attached to. */
  readonly subject?: string;
  /** Bytes of bodies sent. */
  readonly sent: number;
}

/** How an artifact is pulled. */
export interface ArtifactPullOptions {
  readonly folder: string;
  /** Replace files and folders that are in the way. */
  readonly replace: boolean;
}

/** An artifact that was pulled. */
export interface ArtifactPulled {
  readonly reference: string;
  readonly digest: string;
  readonly artifactType: string | null;
  readonly annotations: Readonly<Record<string, string>>;
  readonly files: readonly {
    readonly title: string;
    readonly path: string;
    readonly kind: 'file' | 'folder';
    readonly digest: string;
    /** Bytes. */
    readonly size: number;
    readonly reused: boolean;
  }[];
  /** Layers that have no name to be written under. */
  readonly untitled: readonly string[];
}

/** A manifest with everything attached to it. */
export interface ArtifactDiscovered extends Discovered {
  readonly reference: string;
}

/** What is copied besides. */
export interface ArtifactCopyOptions {
  /** Also everything that is attached. */
  readonly referrers: boolean;
  /** Of an index only these; `os/architecture[/variant]`, all when empty. */
  readonly platforms: readonly string[];
}

/** What was copied. */
export interface ArtifactCopied {
  readonly reference: string;
  readonly digest: string;
  readonly tag?: string;
  /** Blobs and manifests by what had to be done. */
  readonly nodes: {
    readonly present: number;
    readonly mounted: number;
    readonly uploaded: number;
    readonly leftOut: number;
  };
  /** Bytes of bodies sent. */
  readonly sent: number;
}

/**
 * Pushes files as an artifact. Places are `registry/repository[:tag]`, `oci:folder[:tag]` and, to read from,
 * `oci-archive:file[:tag]`; `@sha256:…` in place of a tag. Throws MLC6501, MLC6530, and what registries answer.
 */
export async function artifactPush(
  cx: EngineContext,
  reference: string,
  options: ArtifactOptions,
): Promise<ArtifactPushed> {
  return (await import('./artifacts/actions.ts')).push(cx, reference, options);
}

/** Pushes files as an artifact that belongs to what the reference names. Throws MLC6510 where that is missing. */
export async function artifactAttach(
  cx: EngineContext,
  reference: string,
  options: ArtifactOptions,
): Promise<ArtifactPushed> {
  return (await import('./artifacts/actions.ts')).attachTo(cx, reference, options);
}

/** Writes the files of an artifact into a folder. Throws MLC6531, MLC6532. */
export async function artifactPull(
  cx: EngineContext,
  reference: string,
  options: ArtifactPullOptions,
): Promise<ArtifactPulled> {
  return (await import('./artifacts/actions.ts')).pull(cx, reference, options);
}

/** What is attached to a manifest, as a tree; of the first level only artifacts of a type, where one is given. */
export async function artifactDiscover(
  cx: EngineContext,
  reference: string,
  artifactType?: string,
): Promise<ArtifactDiscovered> {
  return (await import('./artifacts/actions.ts')).discoverFrom(cx, reference, artifactType);
}

/** Copies a manifest with everything below it, byte for byte; the tag is the target's, or else the source's. */
export async function artifactCopy(
  cx: EngineContext,
  from: string,
  to: string,
  options: ArtifactCopyOptions,
): Promise<ArtifactCopied> {
  return (await import('./artifacts/actions.ts')).copyTo(cx, from, to, options);
}

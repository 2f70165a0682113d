import { digestOf, MEDIA_TYPES, type Descriptor } from '@mlcontainer/oci';
import { mlcError, type StorePort } from '@mlcontainer/plugin-kit';
import { streamOf } from '../copy/collect.ts';
import { createCrew } from '../copy/crew.ts';
import { createLimiter } from '../limiter.ts';
import type { Content, ContentTarget } from '../content.ts';
import { contentOf, sortedRecord, type ArtifactFile } from './files.ts';
import { ANNOTATIONS, EMPTY, EMPTY_BYTES, UNKNOWN_ARTIFACT } from './media-types.ts';

/** What an artifact is made of. */
export interface ArtifactSpec {
  /** `application/vnd.example.report.v1`; `application/vnd.unknown.artifact.v1` when left out, as ORAS has it. */
  readonly artifactType?: string;
  /** Files and folders, in the order in which they become layers. */
  readonly files: readonly ArtifactFile[];
  /** What relative paths are relative to, and titles too. */
  readonly folder: string;
  readonly annotations?: Readonly<Record<string, string>>;
  /** RFC 3339. Nothing is written when it is left out, so that the same files make the same artifact. */
  readonly created?: string;
  /** What it is attached to: a manifest of the same repository. */
  readonly subject?: Descriptor;
}

/** How it is pushed. */
export interface PushArtifactOptions {
  readonly signal: AbortSignal;
  /** Where folders are packed. */
  readonly store: Pick<StorePort, 'withTemp'>;
  /** Without it the artifact is found by its digest alone. */
  readonly tag?: string;
  /** Transfers at once; 4 when left out. */
  readonly concurrency?: number;
}

/** An artifact that was pushed. */
export interface PushedArtifact {
  /** Of the manifest. */
  readonly descriptor: Descriptor;
  readonly layers: readonly Descriptor[];
  /** Bytes of bodies sent. */
  readonly sent: number;
}

/**
 * Pushes files and folders as an artifact (image-spec manifest.md, "Guidelines for Artifact Usage"), as ORAS clients
 * do and read it. The manifest is a function of the files, their titles and what is given here.
 * Throws MLC6530 for a file that is not there or not inside the folder, and what the target throws.
 */
export function pushArtifact(
  target: ContentTarget,
  spec: ArtifactSpec,
  options: PushArtifactOptions,
): Promise<PushedArtifact> {
  return options.store.withTemp(async (temporary) => {
    const shop = { folder: spec.folder, temporary, signal: options.signal };
    const layers: Content[] = [];
    for (const [index, file] of spec.files.entries()) {
      layers.push(await contentOf(file, index, shop));
    }
    checkTwice(layers);
    const manifest = artifactManifest(spec, layers);
    const blobs = [{ descriptor: EMPTY, open: () => streamOf(EMPTY_BYTES) }, ...layers];
    return pushParts(target, manifest, blobs, options);
  });
}

function checkTwice(layers: readonly Content[]): void {
  const titles = layers.map(({ descriptor }) => descriptor.annotations?.[ANNOTATIONS.title] ?? '');
  const twice = titles.find((title, index) => titles.indexOf(title) !== index);
  if (twice !== undefined) {
    throw mlcError('MLC6530', { path: twice, detail: 'two files have this title' });
  }
}

function artifactManifest(spec: ArtifactSpec, layers: readonly Content[]): Content {
  const { artifactType = UNKNOWN_ARTIFACT, created, subject } = spec;
  const annotations = {
    ...spec.annotations,
    ...(created !== undefined && { [ANNOTATIONS.created]: created }),
  };
  return manifestContent({
    artifactType,
    config: EMPTY,
    layers: layers.length === 0 ? [EMPTY] : layers.map(({ descriptor }) => descriptor),
    ...(subject !== undefined && { subject }),
    ...(Object.keys(annotations).length > 0 && { annotations: sortedRecord(annotations) }),
  });
}

/** The members of a manifest that differ between artifacts. */
export interface ManifestMembers {
  readonly artifactType: string;
  readonly config: Descriptor;
  readonly layers: readonly Descriptor[];
  readonly subject?: Descriptor;
  readonly annotations?: Readonly<Record<string, string>>;
}

/** A manifest with its members in the order of the specification. */
export function manifestContent(members: ManifestMembers): Content {
  const { artifactType, config, layers, subject, annotations } = members;
  const mediaType = MEDIA_TYPES.manifest;
  const json = {
    schemaVersion: 2,
    mediaType,
    artifactType,
    config,
    layers,
    ...(subject !== undefined && { subject: bare(subject) }),
    ...(annotations !== undefined && { annotations }),
  };
  const bytes = Buffer.from(JSON.stringify(json));
  const descriptor = { mediaType, digest: digestOf(bytes), size: bytes.length, artifactType };
  return { descriptor, open: () => streamOf(bytes) };
}

function bare({ mediaType, digest, size }: Descriptor): Descriptor {
  return { mediaType, digest, size };
}

/** Pushes blobs, then the manifest that names them, then the tag. */
export async function pushParts(
  target: ContentTarget,
  manifest: Content,
  blobs: readonly Content[],
  options: Omit<PushArtifactOptions, 'store'>,
): Promise<PushedArtifact> {
  const crew = createCrew(options.signal);
  const limit = createLimiter(options.concurrency ?? 4);
  const outcomes = await crew.all(distinct(blobs), (blob) => limit(() => target.push(blob, crew)));
  const last = await target.push(manifest, crew);
  if (options.tag !== undefined) await target.tag(manifest.descriptor, options.tag, crew);
  const sent = [...outcomes, last].reduce((sum, outcome) => sum + outcome.sent, 0);
  const layers = blobs.slice(1).map(({ descriptor }) => descriptor);
  return { descriptor: manifest.descriptor, layers, sent };
}

function distinct(blobs: readonly Content[]): readonly Content[] {
  return [...new Map(blobs.map((blob) => [blob.descriptor.digest, blob])).values()];
}

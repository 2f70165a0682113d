import {
  isDigest,
  MEDIA_TYPES,
  type Descriptor,
  type Digest,
  type LayoutFile,
} from '@mlcontainer/oci';
import { mlcError } from '@mlcontainer/plugin-kit';
import { verified } from '../blob/verified.ts';
import { collect, until } from '../copy/collect.ts';
import type { ContentOptions, ContentSource } from '../content.ts';
import { LARGEST_MANIFEST } from '../manifest/parse.ts';
import { plain, tagOf } from './index-file.ts';
import { scanReferrers, type SeenManifests } from './referrers.ts';

/** How the parts of a layout are reached, in a folder or in an archive. */
export interface LayoutReader {
  readonly name: string;
  entries(): Promise<readonly Descriptor[]>;
  /** Undefined where it is no regular file. */
  blob(digest: Digest): Promise<LayoutFile | undefined>;
}

/** An OCI layout to read from. */
export interface LayoutSource extends ContentSource {
  /** What `index.json` lists, without annotations. */
  roots(): Promise<readonly Descriptor[]>;
  close(): Promise<void>;
}

/** The reading half of a layout. */
export function sourceOf(reader: LayoutReader): Omit<LayoutSource, 'close'> {
  const seen: SeenManifests = new Map();
  const source: Omit<LayoutSource, 'close'> = {
    name: reader.name,
    roots: async () => (await reader.entries()).map(plain),
    resolve: (reference) => resolve(reader, reference),
    has: async (descriptor) => (await find(reader, descriptor))?.size === descriptor.size,
    fetch: (descriptor, options) => fetch(reader, descriptor, options),
    referrers: async (subject, options) =>
      scanReferrers(source, await reader.entries(), subject, options, seen),
    tags: () => tags(reader),
  };
  return source;
}

async function resolve(reader: LayoutReader, reference: string): Promise<Descriptor> {
  const entries = await reader.entries();
  const named = entries.find((entry) => tagOf(entry) === reference);
  // Podman writes the whole name where the specification has the tag.
  const found = named ?? entries.find((entry) => tagOf(entry)?.endsWith(`:${reference}`));
  if (found !== undefined) return plain(found);
  if (isDigest(reference)) return byDigest(reader, entries, reference);
  throw mlcError('MLC6510', { name: reader.name, reference });
}

async function byDigest(
  reader: LayoutReader,
  entries: readonly Descriptor[],
  digest: Digest,
): Promise<Descriptor> {
  const listed = entries.find((entry) => entry.digest === digest);
  if (listed !== undefined) return plain(listed);
  const file = await reader.blob(digest);
  const mediaType = file === undefined ? undefined : await typeOf(file);
  if (file === undefined || mediaType === undefined) {
    throw mlcError('MLC6510', { name: reader.name, reference: digest });
  }
  return { mediaType, digest, size: file.size };
}

/** The media type that a manifest says of itself, or that its members tell; undefined for any other blob. */
async function typeOf(file: LayoutFile): Promise<string | undefined> {
  if (file.size > LARGEST_MANIFEST) return undefined;
  try {
    const text = Buffer.from(await collect(file.open())).toString();
    const json = JSON.parse(text) as Partial<Record<string, unknown>> | null;
    if (typeof json?.['mediaType'] === 'string') return json['mediaType'];
    if (Array.isArray(json?.['manifests'])) return MEDIA_TYPES.index;
    return Array.isArray(json?.['layers']) ? MEDIA_TYPES.manifest : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

async function* fetch(
  reader: LayoutReader,
  descriptor: Descriptor,
  { signal }: ContentOptions,
): AsyncGenerator<Uint8Array, void> {
  const { name } = reader;
  const { digest } = descriptor;
  const file = await find(reader, descriptor);
  if (file === undefined) throw mlcError('MLC6511', { name, digest });
  yield* verified(until(signal, file.open()), descriptor, name);
}

/** A digest becomes a path: nothing but a digest may. */
async function find(reader: LayoutReader, { digest }: Descriptor): Promise<LayoutFile | undefined> {
  if (!isDigest(digest)) throw mlcError('MLC6514', { name: reader.name, digest });
  return reader.blob(digest);
}

async function* tags(reader: LayoutReader): AsyncGenerator<string, void> {
  const names = (await reader.entries()).map(tagOf).filter((tag) => tag !== undefined);
  yield* new Set(names);
}

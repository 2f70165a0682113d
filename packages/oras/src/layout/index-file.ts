import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { MEDIA_TYPES, parseObject, ShapeFault, toIndex, type Descriptor } from '@mlcontainer/oci';
import { mlcError } from '@mlcontainer/plugin-kit';

/** Where a layout names its manifests (image-spec, image-layout.md, `index.json`; annotations.md). */
const REF_NAME = 'org.opencontainers.image.ref.name';
const CONTAINERD_NAME = 'io.containerd.image.name';

/** `index.json`, with the members that are not ours kept as they are. */
export interface IndexFile {
  readonly json: Readonly<Record<string, unknown>>;
  readonly manifests: readonly Descriptor[];
}

/** Reads `index.json`; undefined where there is none. Throws MLC6040 where it is damaged. */
export async function readIndexFile(folder: string): Promise<IndexFile | undefined> {
  const bytes = await readFile(join(folder, 'index.json')).catch((error: unknown) => {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw error;
  });
  return bytes === undefined ? undefined : parseIndexFile(bytes, folder);
}

function parseIndexFile(bytes: Uint8Array, folder: string): IndexFile {
  try {
    const json = parseObject(bytes);
    return { json, manifests: toIndex(json).manifests };
  } catch (cause) {
    if (!(cause instanceof ShapeFault)) throw cause;
    throw mlcError('MLC6040', { path: folder, detail: `index.json: ${cause.message}` }, { cause });
  }
}

/** The bytes of `index.json` with other manifests. */
export function indexFileBytes(
  before: IndexFile | undefined,
  manifests: readonly Descriptor[],
): Uint8Array {
  const head = before?.json ?? { schemaVersion: 2, mediaType: MEDIA_TYPES.index };
  return Buffer.from(JSON.stringify({ ...head, manifests }));
}

/** The tag of an entry; undefined for one without. */
export function tagOf(entry: Descriptor): string | undefined {
  return entry.annotations?.[REF_NAME];
}

/** The entries after a manifest was named: the name moves, and who had it stays without. */
export function withTag(
  entries: readonly Descriptor[],
  manifest: Descriptor,
  tag: string,
): readonly Descriptor[] {
  const others = entries.map((entry) => (tagOf(entry) === tag ? withoutTag(entry) : entry));
  const own = others.find(
    (entry) => entry.digest === manifest.digest && tagOf(entry) === undefined,
  );
  const base = own ?? plain(manifest);
  const named = { ...base, annotations: { ...base.annotations, [REF_NAME]: tag } };
  return distinct([...others.filter((entry) => entry !== own), named]);
}

/**
 * The entries after a manifest came: it is listed until something that is listed contains it, so that every manifest
 * is reached from `index.json`.
 */
export function withManifest(
  entries: readonly Descriptor[],
  manifest: Descriptor,
  children: readonly Descriptor[],
): readonly Descriptor[] {
  const inside = new Set(children.map(({ digest }) => digest));
  const kept = entries.filter((entry) => tagOf(entry) !== undefined || !inside.has(entry.digest));
  const isListed = kept.some(({ digest }) => digest === manifest.digest);
  return isListed ? kept : [...kept, plain(manifest)];
}

/** What a descriptor says of its content, without what the place said where it was found. */
export function plain(descriptor: Descriptor): Descriptor {
  const { mediaType, digest, size, platform, artifactType } = descriptor;
  return {
    mediaType,
    digest,
    size,
    ...(platform !== undefined && { platform }),
    ...(artifactType !== undefined && { artifactType }),
  };
}

function withoutTag(entry: Descriptor): Descriptor {
  const { annotations = {}, ...rest } = entry;
  const left = Object.entries(annotations).filter(
    ([key]) => key !== REF_NAME && key !== CONTAINERD_NAME,
  );
  return left.length === 0 ? rest : { ...rest, annotations: Object.fromEntries(left) };
}

/** One entry a digest without a tag, and none where it has one. */
function distinct(entries: readonly Descriptor[]): readonly Descriptor[] {
  const tagged = new Set(
    entries.filter((entry) => tagOf(entry) !== undefined).map(({ digest }) => digest),
  );
  return entries.filter((entry) => tagOf(entry) !== undefined || !tagged.has(entry.digest));
}

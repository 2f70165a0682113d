import { mkdir, lstat, open, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { MEDIA_TYPES, writtenBeside, type Descriptor } from '@mlcontainer/oci';
import { mlcError } from '@mlcontainer/plugin-kit';
import type { ContentSource } from '../content.ts';
import { createCrew, type Crew } from '../copy/crew.ts';
import { readManifest } from '../copy/manifest.ts';
import { createLimiter } from '../limiter.ts';
import { isIndexType } from '../media-types.ts';
import { hashFile } from './files.ts';
import { ANNOTATIONS, FOLDER_TYPE } from './media-types.ts';
import { checkTitles, unsafe } from './titles.ts';
import { unpackFolder } from './unpack.ts';

/** How an artifact is pulled. */
export interface PullArtifactOptions {
  readonly signal: AbortSignal;
  /** Replace what is in the way; a folder is replaced whole. */
  readonly replace?: boolean;
  /** Transfers at once; 4 when left out. */
  readonly concurrency?: number;
  /** What one packed folder may unfold to, in bytes; 64 GiB when left out. */
  readonly maxFolderBytes?: number;
}

/** A file or folder of an artifact. */
export interface PulledPart {
  readonly title: string;
  readonly path: string;
  readonly kind: 'file' | 'folder';
  readonly descriptor: Descriptor;
  /** The very file was there already. */
  readonly reused: boolean;
}

/** An artifact that was pulled. */
export interface PulledArtifact {
  readonly descriptor: Descriptor;
  readonly artifactType?: string;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly parts: readonly PulledPart[];
  /** Layers without a title: they have no name to be written under. */
  readonly untitled: readonly Descriptor[];
}

type Part = Omit<PulledPart, 'reused'>;

const MAX_FOLDER_BYTES = 64 * 2 ** 30;

/**
 * Writes the files of an artifact into a folder and unpacks its folders there, as ORAS clients do. Everything is
 * fetched, checked and unpacked beside its place first, and moved there when all of it is whole; nothing outside the
 * folder is written, also not through a link in it. A file that is there with the same content is left alone.
 *
 * Throws MLC6531 for titles or packed folders that would leave their place, MLC6532 for what is in the way,
 * MLC6512 for an index, and what the source throws.
 */
export async function pullArtifact(
  source: ContentSource,
  reference: string,
  folder: string,
  options: PullArtifactOptions,
): Promise<PulledArtifact> {
  const { signal } = options;
  const descriptor = await source.resolve(reference, { signal });
  if (isIndexType(descriptor.mediaType)) {
    const { digest } = descriptor;
    const detail = 'an index; name one of its manifests';
    throw mlcError('MLC6512', { name: source.name, digest, detail });
  }
  const { artifactType, annotations, layers } = await readManifest(source, descriptor, signal);
  const parts = partsOf(layers, folder);
  const reused = await alreadyThere(parts, folder, options);
  const missing = parts.filter((part) => !reused.has(part));
  if (missing.length > 0) await bring(source, missing, folder, options);
  return {
    descriptor,
    ...(artifactType !== undefined && { artifactType }),
    ...(annotations !== undefined && { annotations }),
    parts: parts.map((part) => ({ ...part, reused: reused.has(part) })),
    untitled: layers.filter((layer) => titleOf(layer) === undefined && !isEmpty(layer)),
  };
}

function titleOf({ annotations }: Descriptor): string | undefined {
  return annotations?.[ANNOTATIONS.title];
}

function isEmpty({ mediaType }: Descriptor): boolean {
  return mediaType === MEDIA_TYPES.empty;
}

function partsOf(layers: readonly Descriptor[], folder: string): readonly Part[] {
  const parts = layers.flatMap((descriptor): Part[] => {
    const title = titleOf(descriptor);
    if (title === undefined) return [];
    const kind = isFolder(descriptor, title) ? 'folder' : 'file';
    return [{ title, path: join(folder, title), kind, descriptor }];
  });
  checkTitles(parts.map(({ title }) => title));
  return parts;
}

/** The Python client writes no annotation for a folder: there the media type says it. */
function isFolder({ annotations, mediaType }: Descriptor, title: string): boolean {
  const unpack = annotations?.[ANNOTATIONS.unpack];
  if (unpack !== undefined) return unpack === 'true';
  return mediaType === FOLDER_TYPE && !/\.(?:tgz|gz)$/i.test(title);
}

/** Which parts need not be fetched. Throws MLC6532 for one that is in the way. */
async function alreadyThere(
  parts: readonly Part[],
  folder: string,
  { replace = false, signal }: PullArtifactOptions,
): Promise<ReadonlySet<Part>> {
  const same = new Set<Part>();
  for (const part of parts) {
    await checkParents(part, folder);
    const found = await kindAt(part.path);
    if (found === undefined) continue;
    const isSame =
      part.kind === 'file' &&
      found === 'file' &&
      (await hashFile(part.path, signal)).digest === part.descriptor.digest;
    if (isSame) same.add(part);
    else if (!replace || found === 'other') throw mlcError('MLC6532', { path: part.path });
  }
  return same;
}

/** A link among the folders above a part would lead elsewhere. */
async function checkParents({ title }: Part, folder: string): Promise<void> {
  for (const parent of parentsOf(title)) {
    const found = await kindAt(join(folder, parent));
    if (found === undefined) return;
    if (found !== 'folder') throw mlcError('MLC6532', { path: join(folder, parent) });
  }
}

function parentsOf(title: string): readonly string[] {
  const parts = title.split('/');
  return parts.slice(1).map((_, index) => parts.slice(0, index + 1).join('/'));
}

async function kindAt(path: string): Promise<'file' | 'folder' | 'other' | undefined> {
  const found = await lstat(path).catch((error: unknown) => {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw error;
  });
  if (found === undefined) return undefined;
  if (found.isFile()) return 'file';
  return found.isDirectory() ? 'folder' : 'other';
}

async function bring(
  source: ContentSource,
  parts: readonly Part[],
  folder: string,
  options: PullArtifactOptions,
): Promise<void> {
  await writtenBeside(
    join(folder, 'artifact'),
    async (temporary) => {
      await mkdir(temporary);
      const crew = createCrew(options.signal);
      const limit = createLimiter(options.concurrency ?? 4);
      const staged = parts.map((part, index) => ({ part, at: join(temporary, String(index)) }));
      await crew.all(staged, ({ part, at }) =>
        limit(() => stage(source, part, at, { ...options, ...crew })),
      );
    },
    (temporary) => moveAll(parts, temporary, folder, options.replace === true),
  );
}

async function stage(
  source: ContentSource,
  { kind, descriptor, title }: Part,
  at: string,
  { signal, maxFolderBytes = MAX_FOLDER_BYTES }: PullArtifactOptions & Pick<Crew, 'signal'>,
): Promise<void> {
  const file = kind === 'file' ? at : `${at}.packed`;
  await save(source, descriptor, file, signal);
  if (kind === 'file') return;
  await unpackFolder({ file, descriptor, title, folder: at, maxBytes: maxFolderBytes, signal });
  await rm(file);
}

async function save(
  source: ContentSource,
  descriptor: Descriptor,
  file: string,
  signal: AbortSignal,
): Promise<void> {
  const handle = await open(file, 'wx');
  try {
    for await (const chunk of source.fetch(descriptor, { signal })) await handle.writeFile(chunk);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function moveAll(
  parts: readonly Part[],
  temporary: string,
  folder: string,
  replace: boolean,
): Promise<void> {
  for (const [index, part] of parts.entries()) {
    await makeParents(part, folder);
    if ((await kindAt(part.path)) !== undefined) {
      if (!replace) throw mlcError('MLC6532', { path: part.path });
      // What is replaced goes into the temporary folder, and with it away.
      await rename(part.path, join(temporary, `${index}.before`));
    }
    await rename(join(temporary, String(index)), part.path);
  }
}

async function makeParents({ title }: Part, folder: string): Promise<void> {
  for (const parent of parentsOf(title)) {
    const path = join(folder, parent);
    const found = await kindAt(path);
    if (found === undefined) await mkdir(path);
    else if (found !== 'folder') throw unsafe(title, `${path} is no folder`);
  }
}

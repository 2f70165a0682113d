import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { chmod, link, mkdir, open, symlink } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import {
  compressionOf,
  decompress,
  MEDIA_TYPES,
  readTar,
  type Descriptor,
  type TarEntry,
} from '@mlcontainer/oci';
import { isMlcError, mlcError, type ByteStream } from '@mlcontainer/plugin-kit';
import { ANNOTATIONS } from './media-types.ts';
import { staysInside, unsafe } from './titles.ts';

/** How a packed folder is unpacked. */
export interface UnpackOptions {
  /** The packed folder, its digest checked already. */
  readonly file: string;
  readonly descriptor: Descriptor;
  readonly title: string;
  /** Is made; its parent is there. */
  readonly folder: string;
  /** Bytes of content at most. */
  readonly maxBytes: number;
  readonly signal: AbortSignal;
}

interface Run extends UnpackOptions {
  /** What was made, by its path below the folder; `''` is the folder. */
  readonly made: Map<string, 'file' | 'directory' | 'symlink'>;
  /** What every entry stands under. */
  prefix?: string;
}

/**
 * Unpacks a folder of an artifact. Nothing is written through a link, links stay inside, no path comes twice, and
 * there are only files, folders and links. Throws MLC6531 otherwise, MLC6001 to MLC6006 for a damaged tar, MLC6513
 * where the tar is not the one that the annotation names.
 */
export async function unpackFolder(options: UnpackOptions): Promise<void> {
  const { file, descriptor, title, folder, signal, maxBytes } = options;
  const run: Run = { ...options, made: new Map([['', 'directory']]) };
  await mkdir(folder);
  const known = compressionOf(descriptor.mediaType) !== undefined;
  const mediaType = known ? descriptor.mediaType : MEDIA_TYPES.layerGzip;
  const packed = createReadStream(file) as AsyncIterable<Uint8Array>;
  try {
    const tar = tallied(decompress(packed, mediaType), descriptor, title);
    for await (const entry of readTar(tar, { name: title, signal, maxBytes })) {
      await place(run, entry);
    }
  } catch (error) {
    if (isMlcError(error) || signal.aborted) throw error;
    const { code = '' } = error as NodeJS.ErrnoException;
    if (code.startsWith('Z_')) throw unsafe(title, `no gzip: ${(error as Error).message}`, error);
    throw error;
  }
}

async function* tallied(
  tar: ByteStream,
  { annotations }: Descriptor,
  name: string,
): AsyncGenerator<Uint8Array, void> {
  const hash = createHash('sha256');
  for await (const chunk of tar) {
    hash.update(chunk);
    yield chunk;
  }
  const expected = annotations?.[ANNOTATIONS.contentDigest];
  const actual = `sha256:${hash.digest('hex')}`;
  if (expected !== undefined && expected !== actual) {
    throw mlcError('MLC6513', { name, expected, actual });
  }
}

async function place(run: Run, entry: TarEntry): Promise<void> {
  const inside = pathInside(run, entry);
  if (inside === '') {
    if (entry.type === 'directory') return;
    throw unsafe(run.title, `the folder itself as a ${entry.type}`);
  }
  await makeFolders(run, parentOf(inside));
  const before = run.made.get(inside);
  if (before === 'directory' && entry.type === 'directory') return;
  if (before !== undefined) throw unsafe(run.title, `${inside} is there twice`);
  await PLACERS[entry.type](run, entry, inside);
}

const PLACERS: Readonly<
  Record<TarEntry['type'], (run: Run, entry: TarEntry, inside: string) => Promise<void>>
> = {
  directory: (run, _entry, inside) => makeFolders(run, inside),
  file: placeFile,
  symlink: placeSymlink,
  hardlink: placeHardlink,
  'character-device': refuse,
  'block-device': refuse,
  fifo: refuse,
};

/** ORAS in Go puts the whole title before every path, the one in Python its last part. */
function pathInside(run: Run, { path }: Pick<TarEntry, 'path'>): string {
  run.prefix ??= [run.title, basename(run.title)].find((one) => isUnder(path, one)) ?? run.title;
  if (isUnder(path, run.prefix)) return path.slice(run.prefix.length + 1);
  throw unsafe(run.title, `${JSON.stringify(path)} is not inside`);
}

function isUnder(path: string, prefix: string): boolean {
  return path === prefix || path.startsWith(`${prefix}/`);
}

/** Makes what is missing above an entry; whatever is there has to be a folder that we made. */
async function makeFolders(run: Run, inside: string): Promise<void> {
  const kind = run.made.get(inside);
  if (kind === 'directory') return;
  if (kind !== undefined) throw unsafe(run.title, `${inside} is a ${kind}, and a folder`);
  await makeFolders(run, parentOf(inside));
  run.made.set(inside, 'directory');
  await mkdir(join(run.folder, inside));
}

async function placeFile(run: Run, entry: TarEntry, inside: string): Promise<void> {
  run.made.set(inside, 'file');
  const path = join(run.folder, inside);
  const handle = await open(path, 'wx');
  try {
    for await (const chunk of entry.content) await handle.writeFile(chunk);
  } finally {
    await handle.close();
  }
  await chmod(path, (entry.mode & 0o777) | 0o600);
}

async function placeSymlink(run: Run, { target = '' }: TarEntry, inside: string): Promise<void> {
  if (!staysInside(parentOf(inside), target)) {
    throw unsafe(run.title, `${inside} is a link that leads out: ${target}`);
  }
  run.made.set(inside, 'symlink');
  await symlink(target, join(run.folder, inside));
}

async function placeHardlink(run: Run, { target = '' }: TarEntry, inside: string): Promise<void> {
  const other = pathInside(run, { path: target });
  if (run.made.get(other) !== 'file') {
    throw unsafe(run.title, `${inside} is a hard link to ${target}, which is no file before it`);
  }
  run.made.set(inside, 'file');
  await link(join(run.folder, other), join(run.folder, inside));
}

function refuse(run: Run, { type }: TarEntry, inside: string): Promise<never> {
  return Promise.reject(unsafe(run.title, `${inside} is a ${type}`));
}

function parentOf(inside: string): string {
  const parent = dirname(inside);
  return parent === '.' ? '' : parent;
}

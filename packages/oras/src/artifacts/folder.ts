import { constants, createReadStream } from 'node:fs';
import { lstat, open, readdir, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import { writeLayer, type Descriptor, type Entry } from '@mlcontainer/oci';
import { mlcError, type ByteStream } from '@mlcontainer/plugin-kit';
import { ANNOTATIONS, FOLDER_TYPE } from './media-types.ts';
import { staysInside } from './titles.ts';

/** A folder packed into one file. */
export interface PackedFolder {
  readonly descriptor: Descriptor;
  /** The tar with gzip, in a file. */
  readonly path: string;
}

/** How a folder is packed. */
export interface PackOptions {
  readonly folder: string;
  /** Every entry stands under it, as ORAS has it. */
  readonly title: string;
  /** Where the packed file goes. */
  readonly file: string;
  readonly mediaType?: string;
  readonly signal: AbortSignal;
}

/**
 * Packs a folder as ORAS clients unpack it. The bytes depend on names, contents and executable bits alone: no times,
 * no owners, entries in code unit order. Throws MLC6530 for devices and the like, and for links that lead out of the
 * folder.
 */
export async function packFolder(options: PackOptions): Promise<PackedFolder> {
  const { folder, title, file, signal } = options;
  const handle = await open(file, 'wx');
  try {
    const write = async (chunk: Uint8Array): Promise<void> => handle.writeFile(chunk);
    const entries = entriesOf(folder, title, '');
    const lint = { under: title };
    const written = await writeLayer(entries, write, { compression: 'gzip', signal, ...lint });
    const { digest, size, diffId } = written;
    const annotations = {
      [ANNOTATIONS.contentDigest]: diffId,
      [ANNOTATIONS.unpack]: 'true',
      [ANNOTATIONS.title]: title,
    };
    const mediaType = options.mediaType ?? FOLDER_TYPE;
    return { descriptor: { mediaType, digest, size, annotations }, path: file };
  } finally {
    await handle.close();
  }
}

/** `inside` is the path below the folder, `''` for the folder itself. */
async function* entriesOf(
  folder: string,
  title: string,
  inside: string,
): AsyncGenerator<Entry, void> {
  const path = join(folder, inside);
  yield { type: 'directory', path: inside === '' ? title : `${title}/${inside}`, mode: 0o755 };
  const names = await readdir(path);
  for (const name of names.sort()) {
    const child = inside === '' ? name : `${inside}/${name}`;
    const found = await lstat(join(path, name));
    if (found.isDirectory()) yield* entriesOf(folder, title, child);
    else yield await entryOf(join(path, name), `${title}/${child}`, inside, found);
  }
}

type Found = Awaited<ReturnType<typeof lstat>>;

async function entryOf(file: string, path: string, parent: string, found: Found): Promise<Entry> {
  if (found.isSymbolicLink()) {
    const target = await readlink(file);
    if (staysInside(parent, target)) return { type: 'symlink', path, mode: 0o777, target };
    throw mlcError('MLC6530', { path: file, detail: `a link that leads out: ${target}` });
  }
  if (!found.isFile()) {
    throw mlcError('MLC6530', { path: file, detail: 'neither a file, a folder nor a link' });
  }
  const mode = (Number(found.mode) & 0o100) === 0 ? 0o644 : 0o755;
  const size = Number(found.size);
  return { type: 'file', path, mode, content: { kind: 'stream', size, open: () => read(file) } };
}

function read(file: string): ByteStream {
  const flags = (constants.O_RDONLY | constants.O_NOFOLLOW) as unknown as string;
  return createReadStream(file, { flags }) as AsyncIterable<Uint8Array>;
}

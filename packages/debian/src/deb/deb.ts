import { createReadStream } from 'node:fs';
import { open, rm, type FileHandle } from 'node:fs/promises';
import { readTar, type TarEntry } from '@mlcontainer/oci';
import { mlcError, type ByteStream } from '@mlcontainer/plugin-kit';
import { parseDeb822, type Paragraph } from '../control/deb822.ts';
import { readArMembers, type ArMember } from './ar.ts';
import { decompress, type Compression } from './decompress.ts';

/** An open Debian binary package (deb(5)). */
export interface OpenDeb {
  /** For messages. */
  readonly name: string;
  /** The fields of `control`. */
  readonly control: Paragraph;
  /** The text of `control`, as scanners read it from `dpkg/status.d`. */
  readonly controlText: string;
  /** Other files of the control archive: `md5sums`, `postinst`, `triggers`, … */
  readonly controlFiles: ReadonlyMap<string, Uint8Array>;
  /** The entries of the data archive, in their order; read each one's content before the next. */
  entries(signal?: AbortSignal): AsyncIterable<TarEntry>;
  close(): Promise<void>;
}

/** What a control archive may unfold to; apt has 64 MiB. Bytes. */
const CONTROL_LIMIT = 16 << 20;
/** What a data archive may unfold to. Bytes. */
const DATA_LIMIT = 16 * 2 ** 30;
const COMPRESSIONS: readonly Compression[] = ['', '.xz', '.gz', '.zst'];

/** Another place for a package's data archive, decompressed: `read` it from there, or `write` it there on the way. */
export interface DataCopy {
  readonly path: string;
  readonly use: 'read' | 'write';
}

/**
 * Opens a .deb: checks the order of its members and reads its control archive. Close it when done.
 * Throws MLC4030, MLC4031, MLC4033 and the tar reader's MLC60xx.
 */
export async function openDeb(path: string, name: string, copy?: DataCopy): Promise<OpenDeb> {
  const file = await open(path, 'r');
  try {
    const { control, data } = await layoutOf(file, name);
    const controlFiles = await readControl(file, control, name);
    const controlText = new TextDecoder().decode(controlFiles.get('control'));
    const [fields, ...more] = parseDeb822(controlText, `${name}: control`);
    if (fields === undefined || more.length > 0)
      throw mlcError('MLC4030', { deb: name, detail: 'no control paragraph' });
    return {
      name,
      control: fields,
      controlText,
      controlFiles,
      entries: (signal) =>
        readTar(dataStream(memberStream(file, data, name), copy), {
          name: `${name}: ${data.name}`,
          maxBytes: DATA_LIMIT,
          ...(signal && { signal }),
        }),
      close: () => file.close(),
    };
  } catch (error) {
    await file.close();
    throw error;
  }
}

/** `debian-binary`, then the control and the data archive; names that begin with `_` may follow (deb(5)). */
async function layoutOf(
  file: FileHandle,
  deb: string,
): Promise<{ control: ArMember; data: ArMember }> {
  const [version, ...rest] = await readArMembers(file, deb);
  if (version?.name !== 'debian-binary')
    throw mlcError('MLC4030', { deb, detail: 'debian-binary is not the first member' });
  const text = Buffer.alloc(Math.min(version.size, 64));
  await file.read(text, 0, text.length, version.offset);
  if (!/^2\.\d+\n/.test(text.toString('latin1')))
    throw mlcError('MLC4030', { deb, detail: 'a format other than 2.x' });
  const [control, data, ...more] = rest.filter((member) => !member.name.startsWith('_'));
  if (
    !control?.name.startsWith('control.tar') ||
    !data?.name.startsWith('data.tar') ||
    more.length > 0
  ) {
    const names = rest.map((member) => member.name).join(', ');
    throw mlcError('MLC4030', { deb, detail: `the members ${names}` });
  }
  return { control, data };
}

async function readControl(
  file: FileHandle,
  member: ArMember,
  name: string,
): Promise<Map<string, Uint8Array>> {
  const files = new Map<string, Uint8Array>();
  const tar = readTar(memberStream(file, member, name), {
    name: `${name}: ${member.name}`,
    maxBytes: CONTROL_LIMIT,
  });
  for await (const entry of tar) {
    if (entry.type !== 'file') continue;
    const chunks = [];
    // The reader's pieces are valid only until the next one.
    for await (const chunk of entry.content) chunks.push(Buffer.from(chunk));
    files.set(entry.path, Buffer.concat(chunks));
  }
  return files;
}

function memberStream(file: FileHandle, member: ArMember, deb: string): ByteStream {
  const extension = member.name.replace(/^(?:control|data)\.tar/, '');
  const compression = COMPRESSIONS.find((one) => one === extension);
  if (compression === undefined) throw mlcError('MLC4031', { deb, member: member.name });
  return decompress(pieces(file, member), compression, `${deb}: ${member.name}`);
}

function dataStream(data: ByteStream, copy: DataCopy | undefined): ByteStream {
  if (copy === undefined) return data;
  return copy.use === 'read'
    ? createReadStream(copy.path, { highWaterMark: 4 * PIECE })
    : kept(data, copy.path);
}

/** Passes a stream on and keeps it in a file, which stays only where all of it came by. */
async function* kept(stream: ByteStream, path: string): AsyncGenerator<Uint8Array, void> {
  const file = await open(path, 'wx', 0o600);
  let isWhole = false;
  try {
    for await (const chunk of stream) {
      await file.writeFile(chunk);
      yield chunk;
    }
    isWhole = true;
  } finally {
    await file.close();
    if (!isWhole) await rm(path, { force: true });
  }
}

const PIECE = 1 << 16;

async function* pieces(file: FileHandle, member: ArMember): AsyncGenerator<Uint8Array, void> {
  for (let at = 0; at < member.size;) {
    const buffer = Buffer.allocUnsafe(Math.min(PIECE, member.size - at));
    const { bytesRead } = await file.read(buffer, 0, buffer.length, member.offset + at);
    if (bytesRead === 0) return;
    at += bytesRead;
    yield buffer.subarray(0, bytesRead);
  }
}

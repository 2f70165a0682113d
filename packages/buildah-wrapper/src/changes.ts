import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { readTar, type TarEntry } from '@mlcontainer/oci';
import type { ByteStream } from '@mlcontainer/plugin-kit';
import { joined, splitPath } from './lower.ts';

/** One path that a step changed, as the builder's own layer says it. */
export interface Change {
  readonly path: string;
  readonly type: TarEntry['type'];
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly xattrs: readonly string[];
  /** Of a symbolic link. */
  readonly target?: string;
  /** Of a file: where its bytes stand; two hard links share one. */
  readonly content?: ChangedContent;
}

/** Bytes of a changed file, in the tar that was kept on disk. */
export interface ChangedContent {
  readonly offset: number;
  readonly size: number;
  /** Hex. */
  readonly sha256: string;
}

/** What a step did to the tree below it. */
export interface Changes {
  readonly changed: ReadonlyMap<string, Change>;
  /** Paths that the step removed. */
  readonly removed: ReadonlySet<string>;
  /** Folders of which nothing lower shows. */
  readonly opaque: ReadonlySet<string>;
  /** The bytes of a file. */
  open(content: ChangedContent): ByteStream;
}

const WHITEOUT = '.wh.';
const OPAQUE = '.wh..wh..opq';

/** Reads the builder's layer, an uncompressed tar, and keeps it in `file` for the bytes. */
export async function readChanges(
  tar: ByteStream,
  file: string,
  signal: AbortSignal,
): Promise<Changes> {
  const changed = new Map<string, Change>();
  const removed = new Set<string>();
  const opaque = new Set<string>();
  for await (const entry of readTar(kept(tar, file), { name: 'the layer of buildah', signal })) {
    const { folder, name } = splitPath(entry.path);
    if (entry.path === '') continue;
    if (name === OPAQUE) opaque.add(folder);
    else if (name.startsWith(WHITEOUT)) removed.add(joined(folder, name.slice(WHITEOUT.length)));
    else changed.set(entry.path, await changeOf(entry, changed));
  }
  return { changed, removed, opaque, open: (content) => bytesOf(file, content) };
}

/** The tar as it passes, written to a file. */
async function* kept(tar: ByteStream, file: string): ByteStream {
  const out = await open(file, 'wx', 0o600);
  try {
    for await (const chunk of tar) {
      await out.writeFile(chunk);
      yield chunk;
    }
  } finally {
    await out.close();
  }
}

async function changeOf(entry: TarEntry, before: ReadonlyMap<string, Change>): Promise<Change> {
  const { path, type, mode, uid, gid, xattrs, target, offset, size } = entry;
  const facts = { path, mode, uid, gid, xattrs };
  if (type === 'hardlink') {
    const linked = before.get(target ?? '');
    // A link has the owner and the mode of the file that it names.
    if (linked !== undefined) return { ...linked, path };
  }
  if (type !== 'file') return { ...facts, type, ...(target === undefined ? {} : { target }) };
  const hash = createHash('sha256');
  for await (const chunk of entry.content) hash.update(chunk);
  return { ...facts, type, content: { offset, size, sha256: hash.digest('hex') } };
}

async function* bytesOf(file: string, { offset, size }: ChangedContent): ByteStream {
  if (size === 0) return;
  yield* createReadStream(file, { start: offset, end: offset + size - 1 }) as ByteStream;
}

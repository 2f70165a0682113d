import { createWriteStream } from 'node:fs';
import { finished } from 'node:stream/promises';
import { once } from 'node:events';
import { writeLayer, type Entry, type TarEntry } from '@mlcontainer/oci';
import {
  layerEntries,
  splitPath,
  type LowerLayer,
  type LowerPlace,
  type LowerTree,
} from './lower.ts';

/**
 * All layers as one, in a file: what shows at the top, each path once. Storage that copies (vfs) would make a copy of
 * the whole tree for each layer.
 */
export async function flatten(
  layers: readonly LowerLayer[],
  lower: LowerTree,
  file: string,
  signal: AbortSignal,
): Promise<LowerLayer> {
  const out = createWriteStream(file, { mode: 0o600 });
  const write = async (chunk: Uint8Array): Promise<void> => {
    // The stream keeps the chunk beyond this call, and the reader's pieces are valid only until the next one.
    if (!out.write(Buffer.from(chunk))) await once(out, 'drain', { signal });
  };
  try {
    const entries = visible(layers, lower, signal);
    const setid = [...lower.places].filter(([, { mode }]) => (mode & 0o6000) !== 0);
    const allowSetid = setid.map(([path]) => path);
    const options = { compression: 'none', signal, allowSetid } as const;
    const { mediaType, digest, diffId, size } = await writeLayer(entries, write, options);
    out.end();
    await finished(out);
    return { path: file, mediaType, digest, diffId, size };
  } finally {
    out.destroy();
  }
}

/** In the order of the layers, so that each is read once; folders come when they are first needed, as they are in the end. */
async function* visible(
  layers: readonly LowerLayer[],
  lower: LowerTree,
  signal: AbortSignal,
): AsyncGenerator<Entry, void> {
  const names = namesOf(lower);
  const folders = new Set<string>(['']);
  for (const [index, layer] of layers.entries()) {
    for await (const entry of layerEntries(layer, signal)) {
      const [first, ...links] = names.get(keyOf(index, entry.path)) ?? [];
      if (first === undefined) continue;
      yield* foldersTo(first, lower, folders);
      const place = lower.places.get(first);
      if (place === undefined || folders.has(first)) continue;
      yield entryOf(first, place, entry);
      if (place.type === 'directory') folders.add(first);
      for (const path of links) {
        yield* foldersTo(path, lower, folders);
        const { mode, uid, gid } = place;
        yield { type: 'hardlink', path, mode: mode & 0o777, uid, gid, target: first };
      }
    }
  }
}

/** By layer and path of the content: the paths that show it. */
function namesOf(lower: LowerTree): ReadonlyMap<string, readonly string[]> {
  const names = new Map<string, string[]>();
  for (const [path, { layer, content }] of lower.places) {
    const key = keyOf(layer, content);
    names.set(key, [...(names.get(key) ?? []), path]);
  }
  return names;
}

function keyOf(layer: number, path: string): string {
  return `${layer} ${path}`;
}

function* foldersTo(path: string, lower: LowerTree, made: Set<string>): Generator<Entry, void> {
  const { folder } = splitPath(path);
  if (made.has(folder)) return;
  yield* foldersTo(folder, lower, made);
  made.add(folder);
  const { mode, uid, gid, mtime } = lower.places.get(folder) ?? {
    mode: 0o755,
    uid: 0,
    gid: 0,
    mtime: 0,
  };
  yield { type: 'directory', path: folder, mode, uid, gid, mtime };
}

function entryOf(path: string, place: LowerPlace, entry: TarEntry): Entry {
  const { mode, uid, gid, mtime, target = '' } = place;
  const facts = { path, mode, uid, gid, mtime };
  if (place.type === 'directory') return { ...facts, type: 'directory' };
  if (place.type === 'symlink') return { ...facts, type: 'symlink', target };
  const { size, content } = entry;
  return { ...facts, type: 'file', content: { kind: 'stream', size, open: () => content } };
}

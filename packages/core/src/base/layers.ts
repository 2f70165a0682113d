import { createHash, type Hash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { copyFile, mkdir, open } from 'node:fs/promises';
import path from 'node:path';
import {
  createImageTree,
  decompress,
  readTar,
  type ImageNode,
  type ImageTree,
  type TarEntry,
} from '@mlcontainer/oci';
import { isMlcError, mlcError, type BaseLayer, type ByteStream } from '@mlcontainer/plugin-kit';
import type { EngineContext } from '../context.ts';
import type { FoundBase } from './pin.ts';
import { baseBlob, type BaseSource } from './source.ts';

/** A layer of the base that lies in the store. */
export interface HeldLayer {
  readonly layer: FoundBase['layers'][number];
  readonly path: string;
}

/** Layers fetched at a time; registries take more, but one connection seldom fills a line alone. */
const AT_ONCE = 4;

/** All layers, fetched where the store lacks them. */
export async function holdLayers(
  cx: EngineContext,
  source: BaseSource,
  layers: FoundBase['layers'],
): Promise<readonly HeldLayer[]> {
  const held = new Map<string, Promise<string>>();
  const queue = [...new Map(layers.map((layer) => [layer.digest, layer])).values()];
  const worker = async (): Promise<void> => {
    for (let layer = queue.shift(); layer !== undefined; layer = queue.shift()) {
      const getting = baseBlob(cx, source, layer, 'layer');
      held.set(layer.digest, getting);
      await getting;
    }
  };
  const ended = await Promise.allSettled(Array.from({ length: AT_ONCE }, worker));
  for (const one of ended) if (one.status === 'rejected') throw one.reason;
  return Promise.all(
    layers.map(async (layer) => ({ layer, path: (await held.get(layer.digest)) ?? '' })),
  );
}

/** The merged tree of all layers, and their sizes as they unpack. Throws MLC6703 and MLC6709. */
export async function mergeLayers(
  cx: EngineContext,
  source: BaseSource,
  held: readonly HeldLayer[],
): Promise<{ readonly tree: ImageTree; readonly layers: readonly BaseLayer[] }> {
  const tree = createImageTree();
  const layers: BaseLayer[] = [];
  for (const { layer, path: file } of held) {
    tree.startLayer();
    const tally = { hash: createHash('sha256'), size: 0 };
    const tar = tapped(openTar(file, layer.mediaType), tally);
    for await (const entry of entriesOf(cx, source, layer.digest, tar)) tree.apply(entry);
    const actual = `sha256:${tally.hash.digest('hex')}`;
    if (actual !== layer.diffId) {
      const { digest, diffId: expected } = layer;
      throw mlcError('MLC6709', { reference: source.reference, digest, expected, actual });
    }
    layers.push({ ...layer, uncompressedSize: tally.size });
  }
  return { tree, layers };
}

/** Files of the image to be written: where to, relative to the folder, and what. */
export type WantedFiles = ReadonlyMap<string, ImageNode>;

/** Writes files of the image into a folder; each layer is read at most once, and no further than needed. */
export async function extractFiles(
  cx: EngineContext,
  source: BaseSource,
  held: readonly HeldLayer[],
  wanted: WantedFiles,
  folder: string,
): Promise<void> {
  for (const [at, { layer, path: file }] of held.entries()) {
    const places = placesIn(wanted, at);
    if (places.size === 0) continue;
    const tar = openTar(file, layer.mediaType);
    for await (const entry of entriesOf(cx, source, layer.digest, tar)) {
      const names = entry.type === 'file' ? places.get(entry.path) : undefined;
      if (names === undefined) continue;
      await writeFiles(folder, names, entry);
      places.delete(entry.path);
      if (places.size === 0) break;
    }
  }
}

/** Where each file of one layer goes, by its entry's path there; a hard link has several places. */
function placesIn(wanted: WantedFiles, layer: number): Map<string, string[]> {
  const places = new Map<string, string[]>();
  for (const [name, { type, origin }] of wanted) {
    if (type !== 'file' || origin.layer !== layer) continue;
    places.set(origin.path, [...(places.get(origin.path) ?? []), name]);
  }
  return places;
}

async function writeFiles(folder: string, names: readonly string[], entry: TarEntry) {
  const [first = '', ...others] = names.map((name) => path.join(folder, name));
  await mkdir(path.dirname(first), { recursive: true });
  // The same for every user and umask, but writable, so that the folder can be removed again.
  const file = await open(first, 'wx', (entry.mode & 0o111) === 0 ? 0o644 : 0o755);
  try {
    for await (const chunk of entry.content) await file.write(chunk);
  } finally {
    await file.close();
  }
  for (const other of others) {
    await mkdir(path.dirname(other), { recursive: true });
    await copyFile(first, other);
  }
}

async function* entriesOf(
  cx: EngineContext,
  source: BaseSource,
  digest: string,
  tar: ByteStream,
): AsyncGenerator<TarEntry, void> {
  try {
    yield* readTar(tar, { name: digest, signal: cx.signal });
  } catch (cause) {
    cx.signal.throwIfAborted();
    // What the caller does with an entry fails with its own code; anything without one is the decompressor's.
    if (isMlcError(cause)) throw cause;
    const detail = `cannot be read: ${cause instanceof Error ? cause.message : String(cause)}`;
    throw mlcError('MLC6703', { reference: source.reference, digest, detail }, { cause });
  }
}

function openTar(file: string, mediaType: string): ByteStream {
  const stored = createReadStream(file, { highWaterMark: 1 << 18 }) as AsyncIterable<Uint8Array>;
  return decompress(stored, mediaType);
}

async function* tapped(
  stream: ByteStream,
  tally: { hash: Hash; size: number },
): AsyncGenerator<Uint8Array, void> {
  for await (const chunk of stream) {
    tally.hash.update(chunk);
    tally.size += chunk.length;
    yield chunk;
  }
}

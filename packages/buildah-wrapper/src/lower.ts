import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { decompress, readTar, type Digest, type TarEntry } from '@mlcontainer/oci';
import type { ByteStream } from '@mlcontainer/plugin-kit';

/** A layer that a step stands on: a verified file that is only read. */
export interface LowerLayer {
  readonly path: string;
  readonly mediaType: string;
  readonly digest: Digest;
  readonly diffId: Digest;
  /** Bytes as stored. */
  readonly size: number;
  /** In the build container, but not in the image: what the step needs and the image must not hold. */
  readonly buildOnly?: boolean;
}

/** What stands at a path before the step. */
export interface LowerPlace {
  readonly type: TarEntry['type'];
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly size: number;
  readonly mtime: number;
  readonly target?: string;
  /** The layer, and in it the path, that hold the bytes of a file; a hard link has those of its target. */
  readonly layer: number;
  readonly content: string;
  readonly buildOnly: boolean;
}

/** Everything that stands below a step. */
export interface LowerTree {
  readonly places: ReadonlyMap<string, LowerPlace>;
  get(path: string): LowerPlace | undefined;
  /** Names of what stands in a folder. */
  children(folder: string): readonly string[];
  /** Hex SHA-256 of files, by path; paths that are no files are missing. */
  hashes(paths: Iterable<string>): Promise<ReadonlyMap<string, string>>;
}

const WHITEOUT = '.wh.';
const OPAQUE = '.wh..wh..opq';

/** Reads the headers of all layers, the lowest first; whiteouts in them take effect (image-spec, layer.md). */
export async function readLower(
  layers: readonly LowerLayer[],
  signal: AbortSignal,
): Promise<LowerTree> {
  const places = new Map<string, LowerPlace>();
  const folders = new Map<string, Set<string>>();
  for (const [index, layer] of layers.entries()) {
    for await (const entry of layerEntries(layer, signal)) {
      if (entry.path !== '') lay(places, folders, entry, index, layer.buildOnly ?? false);
    }
  }
  return {
    places,
    get: (path) => places.get(path),
    children: (folder) => [...(folders.get(folder) ?? [])].sort(),
    hashes: (paths) => hashFiles(layers, places, paths, signal),
  };
}

/** The entries of a layer; read each one's content before the next. */
export function layerEntries(layer: LowerLayer, signal: AbortSignal): AsyncIterable<TarEntry> {
  const stored = createReadStream(layer.path, { highWaterMark: 1 << 18 });
  const tar = decompress(stored as ByteStream, layer.mediaType);
  return readTar(tar, { name: layer.digest, signal });
}

function lay(
  places: Map<string, LowerPlace>,
  folders: Map<string, Set<string>>,
  entry: TarEntry,
  layer: number,
  buildOnly: boolean,
): void {
  const { folder, name } = splitPath(entry.path);
  if (name === OPAQUE) {
    for (const child of folders.get(folder) ?? [])
      removeBelow(places, folders, joined(folder, child), layer);
    return;
  }
  if (name.startsWith(WHITEOUT)) {
    removeBelow(places, folders, joined(folder, name.slice(WHITEOUT.length)), Infinity);
    return;
  }
  const linked = entry.type === 'hardlink' ? places.get(entry.target ?? '') : undefined;
  const own = { layer, content: entry.path, buildOnly };
  const { type, mode, uid, gid, size, mtime, target } = entry;
  const facts = { type, mode, uid, gid, size, mtime, ...(target === undefined ? {} : { target }) };
  places.set(entry.path, linked === undefined ? { ...facts, ...own } : { ...linked, buildOnly });
  childrenOf(folders, folder).add(name);
}

/** Takes a path and all below it away, except what the layer itself laid. */
function removeBelow(
  places: Map<string, LowerPlace>,
  folders: Map<string, Set<string>>,
  path: string,
  except: number,
): void {
  for (const child of folders.get(path) ?? [])
    removeBelow(places, folders, joined(path, child), except);
  if (places.get(path)?.layer === except || (folders.get(path)?.size ?? 0) > 0) return;
  places.delete(path);
  folders.delete(path);
  const { folder, name } = splitPath(path);
  folders.get(folder)?.delete(name);
}

function childrenOf(folders: Map<string, Set<string>>, folder: string): Set<string> {
  const known = folders.get(folder) ?? new Set<string>();
  folders.set(folder, known);
  return known;
}

async function hashFiles(
  layers: readonly LowerLayer[],
  places: ReadonlyMap<string, LowerPlace>,
  paths: Iterable<string>,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, string>> {
  const wanted = new Map<number, Map<string, string[]>>();
  for (const path of paths) {
    const place = places.get(path);
    if (place?.type !== 'file') continue;
    const inLayer = wanted.get(place.layer) ?? new Map<string, string[]>();
    wanted.set(place.layer, inLayer);
    inLayer.set(place.content, [...(inLayer.get(place.content) ?? []), path]);
  }
  const hashes = new Map<string, string>();
  for (const [index, contents] of wanted) {
    const layer = layers[index];
    if (layer === undefined) continue;
    for await (const entry of layerEntries(layer, signal)) {
      const names = contents.get(entry.path);
      if (names === undefined) continue;
      const hash = createHash('sha256');
      for await (const chunk of entry.content) hash.update(chunk);
      const digest = hash.digest('hex');
      for (const name of names) hashes.set(name, digest);
    }
  }
  return hashes;
}

/** A path as its folder (`''` is the root) and its name. */
export function splitPath(path: string): { readonly folder: string; readonly name: string } {
  const slash = path.lastIndexOf('/');
  return { folder: path.slice(0, Math.max(slash, 0)), name: path.slice(slash + 1) };
}

/** The path of a name in a folder. */
export function joined(folder: string, name: string): string {
  return folder === '' ? name : `${folder}/${name}`;
}

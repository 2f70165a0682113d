import { createReadStream } from 'node:fs';
import { open, rename, type FileHandle } from 'node:fs/promises';
import { platformName, type PlatformName } from '@mlcontainer/plugin-kit';
import { blobPath } from '../descriptor.ts';
import type { Content, Entry } from '../entry.ts';
import type { AssembledImage } from '../image/spec.ts';
import { writeLayer } from '../layer/write.ts';
import { writtenBeside } from './beside.ts';
import {
  indexFile,
  LAYOUT_FILE,
  splitName,
  type BlobSource,
  type LayoutContent,
} from './content.ts';
import type { OutputOptions } from './layout.ts';

/** How an image archive is written. */
export interface ArchiveOptions extends OutputOptions {
  /** The platform that engines without an image index load; `linux/amd64` when left out, else the first. */
  readonly dockerPlatform?: PlatformName;
}

/**
 * Writes one archive that every engine loads: a tar of an OCI layout (podman, skopeo, containerd, docker's
 * containerd store) with docker's `manifest.json` and `repositories` beside it, which point into `blobs/sha256`
 * (docker 20.10). Of an index with several platforms, that part names one image: `docker load` knows no platforms,
 * and of two images with one tag it would keep whichever comes last. The same content gives the same bytes.
 * The file is written beside its place and renamed. Sources: image-spec image-layout.md; moby image/spec/v1.2.md,
 * "Combined Image JSON + Filesystem Changeset Format".
 */
export async function writeArchive(
  file: string,
  content: LayoutContent,
  options: ArchiveOptions,
): Promise<void> {
  const write = async (temporary: string): Promise<void> => {
    const handle = await open(temporary, 'wx', 0o644);
    try {
      await writeTar(handle, archiveEntries(content, options.dockerPlatform), options.signal);
      await handle.sync();
    } finally {
      await handle.close();
    }
  };
  await writtenBeside(file, write, (temporary) => rename(temporary, file));
}

/** The archive's entries in their order: what says what it is first, then blobs by digest. */
export function archiveEntries(
  content: LayoutContent,
  dockerPlatform: PlatformName = 'linux/amd64',
): Entry[] {
  const images = content.images.filter(
    ({ image }, at, all) => at === preferred(all, image, dockerPlatform),
  );
  const blobs = new Map(content.blobs.map((blob) => [blobPath(blob.descriptor.digest), blob]));
  return [
    bytesEntry('oci-layout', LAYOUT_FILE),
    bytesEntry('index.json', indexFile(content.roots)),
    // A bundle of other things than images has nothing for docker to load.
    ...(images.length === 0 ? [] : dockerEntries(images)),
    { type: 'directory', path: 'blobs', mode: 0o755 },
    { type: 'directory', path: 'blobs/sha256', mode: 0o755 },
    ...[...blobs.keys()].sort().map((path) => blobEntry(path, blobs.get(path))),
  ];
}

function dockerEntries(images: readonly NamedImage[]): Entry[] {
  return [
    bytesEntry('manifest.json', json(images.map(dockerManifest))),
    bytesEntry('repositories', json(repositories(images))),
  ];
}

interface NamedImage {
  readonly image: AssembledImage;
  readonly name?: string;
}

/** Where the image stands that docker gets among those that share a name. */
function preferred(
  all: LayoutContent['images'],
  image: AssembledImage,
  platform: PlatformName,
): number {
  const name = all.find((item) => item.image === image)?.name;
  const isPreferred = (item: NamedImage): boolean => {
    const own = item.image.descriptor.platform;
    return own !== undefined && platformName(own) === platform;
  };
  const best = all.findIndex((item) => item.name === name && isPreferred(item));
  return best >= 0 ? best : all.findIndex((item) => item.name === name);
}

function dockerManifest({ image, name }: NamedImage): object {
  return {
    Config: blobPath(image.config.descriptor.digest),
    RepoTags: name === undefined ? null : [tagged(name)],
    Layers: image.layers.map((layer) => blobPath(layer.digest)),
  };
}

function tagged(name: string): string {
  const { repository, tag } = splitName(name);
  return `${repository}:${tag}`;
}

/** Tag to top layer, by repository; only readers older than `manifest.json` use it. */
function repositories(images: readonly NamedImage[]): object {
  const result: Record<string, Record<string, string>> = {};
  for (const { image, name } of images) {
    if (name === undefined) continue;
    const { repository, tag } = splitName(name);
    const top = image.layers.at(-1)?.digest.slice('sha256:'.length) ?? '';
    result[repository] = { ...result[repository], [tag]: top };
  }
  return result;
}

function json(value: object): Uint8Array {
  return Buffer.from(JSON.stringify(value));
}

function bytesEntry(path: string, bytes: Uint8Array): Entry {
  return { type: 'file', path, mode: 0o644, content: { kind: 'bytes', bytes } };
}

function blobEntry(path: string, blob: BlobSource | undefined): Entry {
  if (blob === undefined) throw new TypeError(`no blob for ${path}`);
  const { source, descriptor } = blob;
  if ('bytes' in source) return bytesEntry(path, source.bytes);
  const open = (): AsyncIterable<Uint8Array> =>
    createReadStream(source.path, { highWaterMark: 1 << 20 });
  const content: Content = { kind: 'stream', size: descriptor.size, open };
  return { type: 'file', path, mode: 0o644, content };
}

async function writeTar(
  handle: FileHandle,
  entries: readonly Entry[],
  signal: AbortSignal,
): Promise<void> {
  const write = async (chunk: Uint8Array): Promise<void> => {
    for (let at = 0; at < chunk.length;) at += (await handle.write(chunk, at)).bytesWritten;
  };
  await writeLayer(entries, write, { compression: 'none', signal });
}

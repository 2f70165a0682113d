import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  assembleImage,
  assembleIndex,
  digestOf,
  MEDIA_TYPES,
  writeLayer,
  type AssembledImage,
  type Descriptor,
} from '@mlcontainer/oci';
import { isMlcError } from '@mlcontainer/plugin-kit';
import type { Content, ContentSource, ContentTarget } from '../../src/content.ts';

export const signal = new AbortController().signal;

/** Uses a fresh folder and removes it. */
export async function withFolder<T>(use: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'mlc-oras-'));
  try {
    return await use(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Where folders are packed in tests. */
export const store = { withTemp: withFolder };

/** The code of the error that something ends with; `done` where it ends without. */
export async function codeOf(work: Promise<unknown>): Promise<string> {
  try {
    await work;
    return 'done';
  } catch (error) {
    if (isMlcError(error)) return error.code;
    throw error;
  }
}

/** Content of a text. */
export function textContent(text: string, mediaType = 'text/plain'): Content {
  return bytesContent(Buffer.from(text), mediaType);
}

export function bytesContent(bytes: Uint8Array, mediaType: string): Content {
  const descriptor: Descriptor = { mediaType, digest: digestOf(bytes), size: bytes.length };
  return { descriptor, open: () => stream(bytes) };
}

export function jsonContent(json: object, mediaType: string = MEDIA_TYPES.manifest): Content {
  return bytesContent(
    Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType, ...json })),
    mediaType,
  );
}

async function* stream(bytes: Uint8Array): AsyncGenerator<Uint8Array, void> {
  yield await Promise.resolve(bytes);
}

/** The bytes that a source has under a descriptor. */
export async function bytesOf(source: ContentSource, descriptor: Descriptor): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  for await (const part of source.fetch(descriptor, { signal })) parts.push(part);
  return Buffer.concat(parts);
}

/** An image with one layer that holds a text. */
export async function pushImage(
  target: ContentTarget,
  text: string,
  architecture: 'amd64' | 'arm64' = 'amd64',
): Promise<AssembledImage> {
  const chunks: Uint8Array[] = [];
  const content = { kind: 'bytes', bytes: Buffer.from(text) } as const;
  const written = await writeLayer(
    [{ type: 'file', path: 'text', mode: 0o644, content }],
    (chunk) => void chunks.push(Buffer.from(chunk)),
    { compression: 'gzip', signal },
  );
  const layer = bytesContent(Buffer.concat(chunks), written.mediaType);
  const image = assembleImage({
    platform: { os: 'linux', architecture },
    config: { user: '0', workingDir: '/', entrypoint: ['/text'], env: {} },
    layers: [
      { descriptor: layer.descriptor, diffId: written.diffId, history: { createdBy: 'test' } },
    ],
  });
  await target.push(layer, { signal });
  await target.push(blobContent(image.config), { signal });
  await target.push(blobContent(image.manifest), { signal });
  return image;
}

/** An index over two images. */
export async function pushIndex(target: ContentTarget, text: string): Promise<Descriptor> {
  const images = [await pushImage(target, text, 'amd64'), await pushImage(target, text, 'arm64')];
  const { index } = assembleIndex(images);
  await target.push(blobContent(index), { signal });
  return index.descriptor;
}

function blobContent({
  descriptor,
  bytes,
}: {
  descriptor: Descriptor;
  bytes: Uint8Array;
}): Content {
  return { descriptor, open: () => stream(bytes) };
}

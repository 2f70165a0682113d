import type { ByteStream } from '@mlcontainer/plugin-kit';
import { compressionOf, type Descriptor } from '@mlcontainer/oci';
import type { LayoutImage } from './layout-image.ts';
import { layerTar, storedLayer } from './layer-tar.ts';

const BLOCK = 512;

interface Part {
  readonly name: string;
  readonly size: number;
  open(): ByteStream;
}

/**
 * One image as the stream that `docker load` and `podman load` read (docker-archive: manifest.json, configuration,
 * layers). Compressed layers go as they are; zstd, which older engines cannot read, is decompressed on the way.
 */
export async function* dockerArchive(
  image: LayoutImage,
  tag: string,
  signal: AbortSignal,
): ByteStream {
  const layers = await Promise.all(image.layers.map((layer) => layerPart(image, layer)));
  const config = bytesPart(`${image.configDigest.slice(7)}.json`, image.configBytes);
  const manifest = [
    { Config: config.name, RepoTags: [tag], Layers: layers.map((layer) => layer.name) },
  ];
  const index = bytesPart('manifest.json', new TextEncoder().encode(JSON.stringify(manifest)));
  for (const part of [config, ...layers, index]) {
    signal.throwIfAborted();
    yield header(part.name, part.size);
    yield* part.open();
    yield new Uint8Array((BLOCK - (part.size % BLOCK)) % BLOCK);
  }
  yield new Uint8Array(2 * BLOCK);
}

function bytesPart(name: string, bytes: Uint8Array): Part {
  async function* open(): ByteStream {
    yield bytes;
  }
  return { name, size: bytes.length, open };
}

async function layerPart(image: LayoutImage, layer: Descriptor): Promise<Part> {
  const name = `${layer.digest.slice(7)}.tar`;
  if (compressionOf(layer.mediaType) !== 'zstd') {
    return { name, size: layer.size, open: () => storedLayer(image.layout, layer) };
  }
  // The header wants the size first, so it is read twice.
  let size = 0;
  for await (const chunk of layerTar(image.layout, layer)) size += chunk.length;
  return { name, size, open: () => layerTar(image.layout, layer) };
}

/** A ustar header (POSIX.1-2017, pax, "ustar Interchange Format") for a plain file. */
function header(name: string, size: number): Uint8Array {
  const block = Buffer.alloc(BLOCK);
  block.write(name, 0, 100);
  block.write('0000644\0' + '0000000\0' + '0000000\0', 100);
  block.write(octal(size), 124);
  block.write('00000000000\0        0', 136);
  block.write('ustar\u000000', 257);
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  return block;
}

function octal(size: number): string {
  const digits = size.toString(8);
  if (digits.length > 11) throw new Error('a layer is larger than 8 GiB');
  return `${digits.padStart(11, '0')}\0`;
}

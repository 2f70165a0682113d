import { createHash } from 'node:crypto';
import { decompress, type Descriptor, type Layout } from '@mlcontainer/oci';
import { isMlcError, mlcError, type ByteStream } from '@mlcontainer/plugin-kit';
import { unusable } from './layout-image.ts';

/** A layer as it is stored. Throws MLC7003 at the end when the bytes are not those of the descriptor. */
export async function* storedLayer(layout: Layout, layer: Descriptor): ByteStream {
  const file = layout.blob(layer.digest);
  if (file === undefined) throw unusable(layout, `${layer.digest} is missing`);
  const hash = createHash('sha256');
  for await (const chunk of file.open()) {
    hash.update(chunk);
    yield chunk;
  }
  const actual = hash.digest('hex');
  const expected = layer.digest.slice('sha256:'.length);
  if (actual !== expected)
    throw mlcError('MLC7003', { name: `layer ${layer.digest}`, expected, actual });
}

/**
 * A layer's tar stream. Throws MLC7003 at the end when the stored bytes were changed, so nothing of it may be used
 * before the end; MLC8008 when it cannot be decompressed.
 */
export async function* layerTar(layout: Layout, layer: Descriptor): ByteStream {
  try {
    yield* decompress(storedLayer(layout, layer), layer.mediaType);
  } catch (error) {
    if (isMlcError(error)) throw error;
    const detail = error instanceof Error ? error.message : String(error);
    const data = { layer: layer.digest, path: 'the stream itself', detail };
    throw mlcError('MLC8008', data, { cause: error });
  }
}

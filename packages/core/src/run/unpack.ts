import { readTar, type Descriptor, type Layout } from '@mlcontainer/oci';
import { isMlcError, mlcError } from '@mlcontainer/plugin-kit';
import { layerTar } from './layer-tar.ts';
import { createTree } from './tree.ts';

/**
 * Lays the layers of an image into an empty folder, in order, with whiteouts, hard links and modes (image-spec,
 * layer.md), and owners where this process may set them. No entry leaves the folder, through whatever link. Device
 * nodes are left out: engines bring their own.
 *
 * Throws MLC7003 for a changed layer, MLC60xx for a damaged tar, MLC8008 for an entry that cannot be laid.
 */
export async function unpackLayers(
  layout: Layout,
  layers: readonly Descriptor[],
  root: string,
  signal: AbortSignal,
): Promise<void> {
  const tree = createTree(root);
  for (const layer of layers) {
    tree.startLayer();
    const tar = layerTar(layout, layer);
    for await (const entry of readTar(tar, { name: layer.digest, signal })) {
      try {
        await tree.apply(entry);
      } catch (error) {
        throw entryError(layer.digest, entry.path, error);
      }
    }
  }
  tree.finish();
}

function entryError(layer: string, path: string, error: unknown): unknown {
  if (isMlcError(error)) return error;
  const detail = error instanceof Error ? error.message : String(error);
  return mlcError('MLC8008', { layer, path, detail }, { cause: error });
}

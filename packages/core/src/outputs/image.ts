import { mkdir, rm } from 'node:fs/promises';
import path from 'node:path';
import {
  layoutContent,
  openAhead,
  openLayout,
  writeArchive,
  writeLayout,
  type BlobsAhead,
  type BlobSource,
  type LayoutContent,
} from '@mlcontainer/oci';
import { isMlcError, type Plan } from '@mlcontainer/plugin-kit';
import type { EngineContext } from '../context.ts';
import type { ImageSet } from '../image/make.ts';
import type { BuiltLayer } from '../layers/build-layers.ts';
import { diskError } from './replace.ts';

/** Where an image can go. */
export type OutputKind = 'layout' | 'archive' | 'registry';

/** What a build wrote; absolute paths. */
export interface WrittenOutputs {
  readonly layout?: string;
  readonly archive?: string;
}

/**
 * The part of the stage `outputs` that stays on disk: the layout at `image/`, and the one archive that every engine
 * loads. What an earlier build left there goes, where it is another image: it must not stand beside this one's specs.
 */
export async function writeOutputs(
  cx: EngineContext,
  plan: Plan,
  images: ImageSet,
  folder: string,
  kinds: readonly OutputKind[],
  ahead?: LayoutAhead,
): Promise<WrittenOutputs> {
  const layout = layoutFolder(folder);
  const archive = path.join(folder, 'image.tar');
  const { digest } = images.root;
  const onDisk = kinds.filter((kind) => kind !== 'registry');
  const content = onDisk.length === 0 ? undefined : await contentOf(plan, images);
  try {
    await mkdir(folder, { recursive: true });
    if (!onDisk.includes('archive')) await rm(archive, { force: true });
    if (content === undefined || !onDisk.includes('layout')) await removeOther(cx, layout, digest);
    else
      await writeLayout(layout, content, {
        signal: cx.signal,
        ahead: ahead?.blobs,
      });
    if (content !== undefined && onDisk.includes('archive'))
      await writeArchive(archive, content, { signal: cx.signal });
  } catch (error) {
    throw diskError(folder, error);
  }
  const places = { layout, archive };
  for (const kind of onDisk) cx.host.notify({ code: 'output', kind, path: places[kind], digest });
  return Object.fromEntries(onDisk.map((kind) => [kind, places[kind]]));
}

/** Layers that go into the layout while others are still made. */
export interface LayoutAhead {
  readonly blobs: BlobsAhead;
  readonly add: (layer: BuiltLayer) => void;
}

function layoutFolder(folder: string): string {
  return path.join(folder, 'image');
}

/** For the layout that `writeOutputs` will write below the same folder; to be closed. */
export function openLayoutAhead(folder: string): LayoutAhead {
  const blobs = openAhead(layoutFolder(folder));
  return { blobs, add: (layer) => blobs.add(layer.result.digest, () => blobOf(layer)) };
}

/** Removes a layout that holds another image; anything that is no layout is the user's and stays. */
async function removeOther(cx: EngineContext, folder: string, digest: string): Promise<void> {
  try {
    const layout = await openLayout(folder, { signal: cx.signal });
    await layout.close();
    if (layout.index.manifests.some((manifest) => manifest.digest === digest)) return;
  } catch (error) {
    if (isMlcError(error)) return;
    throw error;
  }
  await rm(folder, { recursive: true });
}

async function contentOf(plan: Plan, images: ImageSet): Promise<LayoutContent> {
  const layers = images.images.flatMap((image) => image.layers);
  const blobs = await Promise.all(layers.map(blobOf));
  const built = images.index ?? images.images[0]!.assembled;
  return layoutContent(built, blobs, `${plan.image ?? plan.name}:latest`);
}

async function blobOf({ result, bytes }: BuiltLayer): Promise<BlobSource> {
  const { mediaType, digest, size } = result;
  return { descriptor: { mediaType, digest, size }, source: { path: await bytes() } };
}

import { mkdir, rm } from 'node:fs/promises';
import path from 'node:path';
import {
  layoutContent,
  writeArchive,
  writeLayout,
  type BlobSource,
  type LayoutContent,
} from '@mlcontainer/oci';
import type { Plan } from '@mlcontainer/plugin-kit';
import type { EngineContext } from '../context.ts';
import type { ImageSet } from '../image/make.ts';
import { diskError } from './replace.ts';

/** What a build wrote; absolute paths. */
export interface WrittenOutputs {
  readonly layout: string;
  readonly archive?: string;
}

/** The stage `outputs`: the layout at `image/`, and on request the one archive that every engine loads. */
export async function writeOutputs(
  cx: EngineContext,
  plan: Plan,
  images: ImageSet,
  folder: string,
  archive: boolean,
): Promise<WrittenOutputs> {
  const content = await contentOf(cx, plan, images);
  const layout = path.join(folder, 'image');
  const file = path.join(folder, 'image.tar');
  const digest = images.root.digest;
  try {
    await mkdir(folder, { recursive: true });
    await writeLayout(layout, content, { signal: cx.signal });
    cx.host.notify({ code: 'output', kind: 'layout', path: layout, digest });
    // An archive of an earlier image must not stand beside this one.
    if (!archive) await rm(file, { force: true });
    else await writeArchive(file, content, { signal: cx.signal });
  } catch (error) {
    throw diskError(folder, error);
  }
  if (!archive) return { layout };
  cx.host.notify({ code: 'output', kind: 'archive', path: file, digest });
  return { layout, archive: file };
}

async function contentOf(cx: EngineContext, plan: Plan, images: ImageSet): Promise<LayoutContent> {
  const layers = images.images.flatMap((image) => image.layers.map((layer) => layer.result));
  const blobs = await Promise.all(
    layers.map(async ({ mediaType, digest, size }): Promise<BlobSource> => {
      const held = await cx.ports.store.path(digest.slice('sha256:'.length));
      if (held === undefined) throw new Error(`the store lost ${digest} while the build ran`);
      return { descriptor: { mediaType, digest, size }, source: { path: held } };
    }),
  );
  const built = images.index ?? images.images[0]!.assembled;
  return layoutContent(built, blobs, `${plan.image ?? plan.name}:latest`);
}

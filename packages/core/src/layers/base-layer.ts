import { createReadStream } from 'node:fs';
import { ociMediaType } from '@mlcontainer/oci';
import {
  mlcError,
  type BaseLayer,
  type ByteStream,
  type PinnedBase,
  type Plan,
  type Platform,
} from '@mlcontainer/plugin-kit';
import type { EngineContext } from '../context.ts';
import { once } from '../once.ts';
import type { BuiltLayer } from './build-layers.ts';
import type { ImageLayer } from './image-layers.ts';
import type { BaseRecipe, Bytecode, LayerCompression, LibraryRecipe } from './recipe.ts';

/** A layer that the base brings: nothing is made, and it is fetched only when an output needs its bytes. */
export type ForeignLayer = Extract<ImageLayer, { base: unknown }>;

/** The layers of a base image, the lowest first. */
export function foreignLayers({ layers }: PinnedBase): readonly ForeignLayer[] {
  return layers.map((base, at) => ({
    title: `base layer ${at + 1} of ${layers.length}`,
    // All in the first slot: nothing may come between them.
    slot: 'system',
    owner: 'user',
    recipe: recipeOf(base),
    base,
  }));
}

function recipeOf({ digest }: BaseLayer): BaseRecipe {
  return { kind: 'base', inputs: [digest.slice('sha256:'.length)], compression: 'none' };
}

/** The image of a plan's base for one platform; undefined on a Debian base. */
export function pinnedBase(plan: Plan, { architecture }: Platform): PinnedBase | undefined {
  if (plan.base.kind === 'debian') return undefined;
  const found = plan.base.images.find(({ platform }) => platform.architecture === architecture);
  if (found === undefined) throw mlcError('MLC6712', { reference: plan.base.reference });
  return found;
}

/** Bytecode for the base's standard library, where the base has none: a read-only root could not keep it. */
export function libraryBytecode(
  { manifest, facts }: PinnedBase,
  bytecode: Bytecode,
  compression: LayerCompression,
): ImageLayer {
  const { version, stdlib } = facts.python;
  const inputs = [manifest.digest.slice('sha256:'.length)] as const;
  const recipe: LibraryRecipe = { kind: 'library-bytecode', inputs, stdlib, bytecode, compression };
  return { title: `bytecode of Python ${version}`, slot: 'runtime', owner: 'core', recipe };
}

/** Names bytes of bytecode: one release of CPython writes the same, on every architecture. */
export function baseBytecodeId({ facts }: PinnedBase): string {
  return `cpython-${facts.python.version}`;
}

/** A base's layer as part of an image, under the media type that an OCI manifest names it by. */
export function asBuilt(
  cx: EngineContext,
  plan: Plan,
  layer: ForeignLayer,
  recipe: string,
): BuiltLayer {
  const { mediaType, digest, size, diffId, uncompressedSize } = layer.base;
  const result = { mediaType: ociMediaType(mediaType), digest, size, diffId, uncompressedSize };
  const bytes = once(async () => {
    const { source, blobs } = await sourceFor(cx, plan);
    return blobs.baseBlob(cx, source, layer.base, 'layer');
  });
  const make = async () => {
    await bytes();
    return result;
  };
  const { slot, title } = layer;
  cx.host.notify({
    code: 'layer-done',
    id: recipe,
    slot,
    title,
    digest,
    size,
    ms: 0,
    reused: true,
  });
  return {
    ...{ layer, recipe, result, make, bytes },
    origin: () => 'base',
    ms: () => 0,
  };
}

async function sourceFor(cx: EngineContext, plan: Plan) {
  if (plan.base.kind !== 'image') throw new Error('a layer of a base without a base image');
  const { sourceOf } = await import('../base/stage.ts');
  return { source: sourceOf(cx, plan.base), blobs: await import('../base/source.ts') };
}

/** The bytes of a base's layer for another registry: out of the store, or from the one it is in, and not kept. */
export async function* foreignBytes(
  cx: EngineContext,
  plan: Plan,
  { base }: ForeignLayer,
): ByteStream {
  const held = await cx.ports.store.path(base.digest.slice('sha256:'.length));
  if (held !== undefined) {
    yield* createReadStream(held) as AsyncIterable<Uint8Array>;
    return;
  }
  const { source } = await sourceFor(cx, plan);
  const { mediaType, digest, size } = base;
  yield* source.content().fetch({ mediaType, digest, size }, { signal: cx.signal });
}

import { createReadStream } from 'node:fs';
import type { Blob, Digest } from '@mlcontainer/oci';
import { pushGraph, type Content, type PushOutcome, type Repository } from '@mlcontainer/oras';
import { mlcError, type ByteStream, type Plan } from '@mlcontainer/plugin-kit';
import type { EngineContext } from '../context.ts';
import type { BuiltImage, ImageSet } from '../image/make.ts';
import type { BuiltLayer } from '../layers/build-layers.ts';
import { openRepository } from '../registry/client.ts';

/** Where an image is pushed to. */
export interface PushTarget {
  /** `registry/repository`; the plan's `image` when left out. */
  readonly repository?: string;
  readonly tags: readonly string[];
}

/** What a push did; bytes of bodies. */
export interface PushedImage {
  /** `registry/repository@sha256:…` */
  readonly reference: string;
  readonly tags: readonly string[];
  /** Blobs by what had to be done; none of them when the manifest was there. */
  readonly blobs: Readonly<Record<PushOutcome['how'], number>>;
  readonly sent: number;
}

/** A push under way: layers may go ahead as soon as each is made, the rest follows when the image is known. */
export interface ImagePush {
  readonly repository: string;
  /** Aborted with the reason when a layer that went ahead could not be sent: going on would be in vain. */
  readonly failed: AbortSignal;
  readonly ahead: (layer: BuiltLayer) => void;
  readonly finish: (images: ImageSet) => Promise<PushedImage>;
  /** Waits for what is on its way; nothing goes on behind the caller's back. */
  readonly close: () => Promise<void>;
}

/** Throws MLC6540 where neither the plan nor the caller names a repository. */
export function openPush(cx: EngineContext, plan: Plan, target: PushTarget): ImagePush {
  const repository = target.repository ?? plan.image;
  if (repository === undefined) throw mlcError('MLC6540', { name: plan.name });
  const stop = new AbortController();
  const inner = { ...cx, signal: AbortSignal.any([cx.signal, stop.signal]) };
  const to = openRepository(inner, plan, repository);
  const sent = new Map<Digest, Promise<PushOutcome>>();
  return {
    repository,
    failed: stop.signal,
    ahead: (layer) => {
      const sending = to.push(layerContent(inner, layer), { signal: inner.signal });
      sending.catch((error: unknown) => stop.abort(error));
      sent.set(layer.result.digest, sending);
    },
    finish: async (images) => {
      const early = await Promise.all(sent.values());
      return finish(inner, to, { repository, tags: target.tags }, images, early);
    },
    close: async () => {
      stop.abort(new Error('the push was given up'));
      await Promise.allSettled(sent.values());
    },
  };
}

async function finish(
  cx: EngineContext,
  to: Repository,
  { repository, tags }: Required<PushTarget>,
  images: ImageSet,
  early: readonly PushOutcome[],
): Promise<PushedImage> {
  const blobs = images.images.flatMap((image) => imageBlobs(cx, image));
  const own = images.index === undefined ? [] : [images.index.index];
  const manifests = [...images.images.map(({ assembled }) => assembled.manifest), ...own];
  const graph = { blobs, manifests: manifests.map(inMemory), tags };
  const { outcomes } = await pushGraph(to, graph, { signal: cx.signal });
  const all = [...early, ...outcomes];
  const { digest } = images.root;
  const reference = `${repository}@${digest}`;
  cx.host.notify({ code: 'output', kind: 'registry', path: reference, digest });
  return { reference, tags, blobs: counted(all), sent: all.reduce((sum, o) => sum + o.sent, 0) };
}

/** Configuration and layers of one platform's image. A layer that only the lock knows is made when it is sent, and not before. */
function imageBlobs(cx: EngineContext, { assembled, layers }: BuiltImage): readonly Content[] {
  return [...layers.map((layer) => layerContent(cx, layer)), inMemory(assembled.config)];
}

function layerContent(cx: EngineContext, layer: BuiltLayer): Content {
  const { mediaType, digest, size } = layer.result;
  return {
    descriptor: { mediaType, digest, size },
    async *open(): ByteStream {
      cx.signal.throwIfAborted();
      yield* createReadStream(await layer.bytes()) as AsyncIterable<Uint8Array>;
    },
  };
}

function inMemory({ descriptor, bytes }: Blob): Content {
  return {
    descriptor,
    async *open(): ByteStream {
      yield await Promise.resolve(bytes);
    },
  };
}

function counted(outcomes: readonly PushOutcome[]): PushedImage['blobs'] {
  const blobs = { present: 0, mounted: 0, uploaded: 0 };
  for (const { how } of outcomes) blobs[how] += 1;
  return blobs;
}

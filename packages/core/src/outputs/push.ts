import type { Blob, Descriptor, Digest } from '@mlcontainer/oci';
import {
  askParts,
  askTags,
  parseReference,
  pushGraph,
  type Content,
  type PushOutcome,
  type PushProgress,
  type Repository,
  type Tagged,
} from '@mlcontainer/oras';
import { mlcError, type ByteStream, type Plan } from '@mlcontainer/plugin-kit';
import type { EngineContext } from '../context.ts';
import type { BuiltImage, ImageSet } from '../image/make.ts';
import { foreignBytes } from '../layers/base-layer.ts';
import type { BuiltLayer } from '../layers/build-layers.ts';
import { blobBytes } from './blob-bytes.ts';
import { pushModelArtifact, type PushedModel } from './model-artifact.ts';
import { openRepository } from '../registry/client.ts';
import {
  placesIn,
  rememberRepository,
  repositoriesWith,
  type Place,
} from '../registry/whereabouts.ts';

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
  /** The model as an artifact of its own. */
  readonly model?: PushedModel;
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
  const to = openRepository(inner, repository);
  const sent = new Map<Digest, Promise<PushOutcome>>();
  const notes: Promise<void>[] = [];
  const places = placesIn(cx.ports.store, to.registry);
  // Asked at once: it takes the time of a round trip or three, and what is wrong with the registry is known early.
  const asked = ask(inner, plan, to, target.tags, places);
  asked.catch((error: unknown) => stop.abort(error));
  let there: Begun['there'];
  return {
    repository,
    failed: stop.signal,
    ahead: (layer) => {
      // It is another image than the tags name then.
      there ??= askThere(inner, to, asked);
      const content = layerContent(inner, plan, layer);
      const sending = pushAhead(inner, to, content, layer.layer.title);
      sending.catch((error: unknown) => stop.abort(error));
      sent.set(layer.result.digest, sending);
    },
    finish: (images) => {
      const begun = { sent, asked, there, places, notes };
      return finish(inner, plan, to, { repository, tags: target.tags }, images, begun);
    },
    close: async () => {
      stop.abort(new Error('the push was given up'));
      await Promise.allSettled([...sent.values(), asked, there]);
      await Promise.all(notes);
    },
  };
}

async function ask(
  cx: EngineContext,
  plan: Plan,
  to: Repository,
  tags: readonly string[],
  places: Begun['places'],
): Promise<Tagged> {
  const mountFrom = mountable(plan, to, await places);
  return askTags(to, tags, { signal: cx.signal, access: 'push', mountFrom });
}

function askThere(
  cx: EngineContext,
  to: Repository,
  asked: Promise<Tagged>,
): Promise<ReadonlySet<Digest>> {
  const there = asked.then((tagged) => askParts(to, tagged, { signal: cx.signal, access: 'push' }));
  // Whoever waits for it sees the failure.
  there.catch(() => undefined);
  return there;
}

/** What a push began with before the image was known. */
interface Begun {
  readonly sent: ReadonlyMap<Digest, Promise<PushOutcome>>;
  readonly asked: Promise<Tagged>;
  /** What the image holds that has a tag until now; not asked for while nothing shows that this one is another. */
  readonly there: Promise<ReadonlySet<Digest>> | undefined;
  /** What was pushed to this registry from here. */
  readonly places: Promise<readonly Place[]>;
  /** What is written down for the next push, while others go on. */
  readonly notes: Promise<void>[];
}

async function pushAhead(
  cx: EngineContext,
  to: Repository,
  content: Content,
  name: string,
): Promise<PushOutcome> {
  const { descriptor } = content;
  const tell = told(cx, () => name);
  const onProgress = (sent: number): void => tell({ descriptor, sent });
  const outcome = await to.push(content, { signal: cx.signal, onProgress });
  tell({ descriptor, ...outcome });
  return outcome;
}

async function finish(
  cx: EngineContext,
  plan: Plan,
  to: Repository,
  { repository, tags }: Required<PushTarget>,
  images: ImageSet,
  { sent, asked, there, places, notes }: Begun,
): Promise<PushedImage> {
  const blobs = images.images.flatMap((image) => imageBlobs(cx, plan, image));
  const own = images.index === undefined ? [] : [images.index.index];
  const manifests = [...images.images.map(({ assembled }) => assembled.manifest), ...own];
  const graph = { blobs, manifests: manifests.map(inMemory), tags };
  const digests = blobs.map(({ descriptor }) => descriptor.digest);
  const known = await places;
  const mountFrom = ({ digest }: Descriptor) => mountable(plan, to, known, digest);
  // What stands in for a layer is there before the image that needs it.
  const instead = plan.model.artifact === 'instead';
  const before = instead ? await pushModelArtifact(cx, plan, to, images, tags) : undefined;
  const { outcomes } = await pushGraph(to, graph, {
    ...{ signal: cx.signal, mountFrom, onProgress: told(cx, namesOf(images)) },
    ...{ sentBefore: sent, asked, there },
  });
  const early = await Promise.all(
    [...sent].map(async ([digest, sending]) => [digest, await sending] as const),
  );
  // What went ahead is found there by the rest, which must not make it look as if it had been there all along.
  const all = [...new Map([...outcomes, ...early]).values()];
  if (all.length > 0) {
    const note = rememberRepository(cx.ports.store, to.registry, to.repository, digests);
    // Whoever closes the push sees the failure.
    note.catch(() => undefined);
    notes.push(note);
  }
  const { digest } = images.root;
  const reference = `${repository}@${digest}`;
  cx.host.notify({ code: 'output', kind: 'registry', path: reference, digest });
  const model = before ?? (await pushModelArtifact(cx, plan, to, images, tags));
  return {
    ...{ reference, tags, blobs: counted(all) },
    sent: all.reduce((sum, outcome) => sum + outcome.sent, model?.sent ?? 0),
    ...(model === undefined ? {} : { model }),
  };
}

/**
 * Where a blob may be mounted from: the base's own repository, and those that it was pushed to from here; those that
 * were pushed to last, whatever they hold, while it is not known what is needed.
 */
function mountable(
  { base }: Plan,
  { registry, repository }: Repository,
  places: readonly Place[],
  digest?: Digest,
): readonly string[] {
  const known = repositoriesWith(places, repository, digest);
  const from = base.kind === 'image' ? parseReference(base.reference) : undefined;
  return from?.registry === registry ? [...new Set([from.repository, ...known])] : known;
}

/** What people call a blob. */
function namesOf({ images }: ImageSet): (digest: Digest) => string {
  const names = new Map<string, string>();
  for (const { layers, assembled } of images) {
    for (const { layer, result } of layers) names.set(result.digest, layer.title);
    names.set(assembled.config.descriptor.digest, 'configuration');
  }
  return (digest) => names.get(digest) ?? 'manifest';
}

function told(
  cx: EngineContext,
  nameOf: (digest: Digest) => string,
): (progress: PushProgress) => void {
  return ({ descriptor: { digest, size }, sent, how }) => {
    const blob = { name: nameOf(digest), digest, size };
    if (how === undefined) cx.host.notify({ code: 'blob-progress', ...blob, sent });
    else cx.host.notify({ code: 'blob-done', ...blob, how });
  };
}

/** Configuration and layers of one platform's image. A layer that only the lock knows is made when it is sent, and not before. */
function imageBlobs(
  cx: EngineContext,
  plan: Plan,
  { assembled, layers }: BuiltImage,
): readonly Content[] {
  return [...layers.map((layer) => layerContent(cx, plan, layer)), inMemory(assembled.config)];
}

function layerContent(cx: EngineContext, plan: Plan, layer: BuiltLayer): Content {
  const { mediaType, digest, size } = layer.result;
  const planned = layer.layer;
  return {
    descriptor: { mediaType, digest, size },
    async *open(): ByteStream {
      cx.signal.throwIfAborted();
      if ('base' in planned) yield* foreignBytes(cx, plan, planned);
      else yield* blobBytes({ path: await layer.bytes() });
    },
  };
}

function inMemory({ descriptor, bytes }: Blob): Content {
  return { descriptor, open: () => blobBytes({ bytes }) };
}

function counted(outcomes: readonly PushOutcome[]): PushedImage['blobs'] {
  const blobs = { present: 0, mounted: 0, uploaded: 0 };
  for (const { how } of outcomes) blobs[how] += 1;
  return blobs;
}

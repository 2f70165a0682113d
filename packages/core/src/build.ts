import path from 'node:path';
import type { Plan } from '@mlcontainer/plugin-kit';
import type { EngineContext } from './context.ts';
import { baseHistories } from './image/base-histories.ts';
import { makeImages, type ImageSet } from './image/make.ts';
import { buildLayers, type BuiltLayer, type BuiltPlatform } from './layers/build-layers.ts';
import { recallLayers, type Recalled } from './layers/recall.ts';
import { makeLock } from './lock/make.ts';
import { rememberLayers } from './lock/layers.ts';
import type { Lock } from './lock/types.ts';
import {
  openLayoutAhead,
  writeOutputs,
  type LayoutAhead,
  type OutputKind,
  type WrittenOutputs,
} from './outputs/image.ts';
import { withOutputLock } from './outputs/out-lock.ts';
import type { ImagePush, PushedImage, PushTarget } from './outputs/push.ts';
import { buildReport, writeReport, type BuildReport } from './outputs/report.ts';
import { imageReference, writeSpecs } from './outputs/specs.ts';
import { withRegistries } from './registry/registries.ts';
import { restrictToPlan } from './restrict.ts';
import { stage } from './stage.ts';
import { requireBuildah } from './steps/require.ts';
import { withBundle } from './vendor/open.ts';

/** What is built, where from and where to. */
export interface BuildOptions {
  readonly plan: Plan;
  /** The folder that the plan's project files and the lock are relative to. */
  readonly root: string;
  /** Resolve nothing, and accept no layer that differs from the lock. */
  readonly frozen: boolean;
  /** Resolve everything anew. */
  readonly update?: boolean;
  /** The folder that gets `<name>/`; absolute or relative to the context's. */
  readonly outDir: string;
  /**
   * Where the image goes. With the registry alone, a layer that the lock knows and the registry has is neither
   * fetched nor made.
   */
  readonly outputs: readonly OutputKind[];
  /** With the output `registry`: another repository than the plan's, and tags. */
  readonly push?: PushTarget;
  /** A vendored bundle, asked for inputs before the network: a file, a folder, or `registry/repository`. */
  readonly vendored?: string | undefined;
}

/** From a plan to an image and its specs: the flow of the design, stage by stage. */
export async function build(given: EngineContext, options: BuildOptions): Promise<BuildReport> {
  const reached = withRegistries(given, options.plan.registries, options.root);
  return await withBundle(reached, options.vendored, (cx) => startBuild(cx, options));
}

async function startBuild(cx: EngineContext, options: BuildOptions): Promise<BuildReport> {
  const { plan, outputs } = options;
  warnOfAbsentModel(cx, options);
  const start = cx.ports.clock.monotonic();
  const places = options.vendored === undefined ? [] : [options.vendored];
  await restrictToPlan(cx, plan, { pushTo: options.push?.repository, places });
  const folder = path.resolve(cx.cwd, options.outDir, plan.name);
  await requireBuildah(cx, plan);
  const push = outputs.includes('registry') ? await startPush(cx, options) : undefined;
  const layout = outputs.includes('layout') ? openLayoutAhead(folder) : undefined;
  const work = { cx, options, folder, push, layout, start };
  return untilDone(work, () => buildImage(work));
}

/** One build under way, with the outputs that begin with each layer as soon as it is made. */
interface Work {
  readonly cx: EngineContext;
  readonly options: BuildOptions;
  /** Gets the outputs. */
  readonly folder: string;
  readonly push: ImagePush | undefined;
  readonly layout: LayoutAhead | undefined;
  /** Milliseconds of the clock. */
  readonly start: number;
}

async function buildImage(work: Work): Promise<BuildReport> {
  const { cx, options, folder } = work;
  const { plan, root, frozen, update = false } = options;
  const lock = await makeLock(cx, plan, root, { frozen, update });
  const recalled = await recallLayers(cx.ports.store, plan, lock, isLazy(options));
  if (recalled.isMuchToMake) cx.beforeMuchWork?.();
  return withOutputLock(folder, () => underLock(work, lock, recalled));
}

async function underLock(work: Work, lock: Lock, recalled: Recalled): Promise<BuildReport> {
  const { cx, options, layout } = work;
  const { plan, root, frozen } = options;
  try {
    const platforms = await stage(cx, 'layers', () => layersFor(work, lock, recalled), layersLine);
    const images = await stage(cx, 'image', () => imagesOf(cx, plan, platforms), rootDigest);
    // The lock waits for the disk while the push waits for the registry.
    const [locked, done] = await both(
      rememberLayers(cx, root, lock, platforms, frozen),
      stage(cx, 'outputs', () => deliver(work, images), told),
    );
    return await finish(work, locked, images, done);
  } finally {
    await layout?.blobs.close();
  }
}

async function finish(
  { cx, options: { plan }, folder, push, start }: Work,
  lock: Lock,
  images: ImageSet,
  done: Delivered,
): Promise<BuildReport> {
  const reference = imageReference(plan, images.root.digest, push?.repository);
  const targets = await stage(
    cx,
    'specs',
    async () => writeSpecs(cx, plan, folder, reference),
    (list) => list.map(({ name }) => name).join(', ') || 'none',
  );
  const ms = cx.ports.clock.monotonic() - start;
  const report = buildReport({ plan, lock, images, ...done, targets, reference, ms });
  await writeReport(cx, folder, report);
  return report;
}

/** Waits for both to end, and throws the first failure in their order: nothing goes on behind the caller's back. */
async function both<A, B>(one: Promise<A>, other: Promise<B>): Promise<[A, B]> {
  await Promise.allSettled([one, other]);
  return [await one, await other];
}

/** A layout of an image whose model is an artifact does not serve by itself. */
function warnOfAbsentModel({ host }: EngineContext, { plan, outputs }: BuildOptions): void {
  if (plan.model.artifact !== 'instead' || outputs.includes('registry')) return;
  const message = `the image holds no model: it is pushed as an artifact, to be mounted at ${path.posix.dirname(plan.model.path)}`;
  host.notify({ code: 'warning', message });
}

/** The registry client is loaded only by who needs it. */
async function startPush(cx: EngineContext, { plan, push }: BuildOptions): Promise<ImagePush> {
  const { openPush } = await import('./outputs/push.ts');
  return openPush(cx, plan, push ?? { tags: [] });
}

/** Layers may be made until the last output is done; then the threads end, and whatever is on its way. */
async function untilDone<T>({ cx, push }: Work, run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } finally {
    await push?.close();
    await cx.layerRunner.close();
  }
}

/** The registry may have what the lock knows; nothing else asks for its bytes. */
function isLazy({ outputs }: BuildOptions): boolean {
  return outputs.includes('registry') && outputs.every((kind) => kind === 'registry');
}

function layersFor(
  { cx, options, push, layout }: Work,
  lock: Lock,
  recalled: Recalled,
): Promise<readonly BuiltPlatform[]> {
  const { plan, root } = options;
  const signal = push === undefined ? cx.signal : AbortSignal.any([cx.signal, push.failed]);
  const onMade = (layer: BuiltLayer): void => {
    push?.ahead(layer);
    layout?.add(layer);
  };
  return buildLayers({ ...cx, signal }, plan, lock, root, {
    lazy: isLazy(options),
    recalled,
    onMade,
  });
}

async function imagesOf(
  cx: EngineContext,
  plan: Plan,
  platforms: readonly BuiltPlatform[],
): Promise<ImageSet> {
  return makeImages(plan, platforms, await baseHistories(cx, plan));
}

interface Delivered {
  readonly outputs: WrittenOutputs;
  readonly pushed: PushedImage | undefined;
}

async function deliver(
  { cx, options: { plan, outputs }, folder, push, layout }: Work,
  images: ImageSet,
): Promise<Delivered> {
  const [written, pushed] = await Promise.all([
    writeOutputs(cx, plan, images, folder, outputs, layout),
    push?.finish(images),
  ]);
  return { outputs: written, pushed };
}

function layersLine(platforms: readonly BuiltPlatform[]): string {
  const layers = platforms.flatMap((platform) => platform.layers);
  const reused = layers.filter((layer) => layer.origin() !== 'made').length;
  return `${layers.length} layers, ${reused} reused`;
}

function rootDigest({ root }: ImageSet): string {
  return root.digest;
}

function told({ outputs, pushed }: Delivered): string {
  const kinds = Object.keys(outputs);
  return [...kinds, ...(pushed === undefined ? [] : [pushed.reference])].join(' and ');
}

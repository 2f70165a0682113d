import path from 'node:path';
import type { Plan } from '@mlcontainer/plugin-kit';
import type { EngineContext } from './context.ts';
import { makeImages } from './image/make.ts';
import { buildLayers, type BuiltPlatform } from './layers/build-layers.ts';
import { makeLock } from './lock/make.ts';
import { rememberLayers } from './lock/layers.ts';
import type { Lock } from './lock/types.ts';
import { withOutputLock } from './outputs/out-lock.ts';
import { writeOutputs } from './outputs/image.ts';
import { buildReport, writeReport, type BuildReport } from './outputs/report.ts';
import { imageReference, writeSpecs } from './outputs/specs.ts';
import { stage } from './stage.ts';

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
  /** Write `image.tar` beside the layout as well. */
  readonly archive: boolean;
}

/** From a plan to an image on disk and its specs: the flow of the design, stage by stage. */
export async function build(cx: EngineContext, options: BuildOptions): Promise<BuildReport> {
  const { plan, root, frozen, update = false } = options;
  const start = cx.ports.clock.monotonic();
  const folder = path.resolve(cx.cwd, options.outDir, plan.name);
  const lock = await makeLock(cx, plan, root, { frozen, update });
  return withOutputLock(folder, async () => {
    const platforms = await stage(cx, 'layers', () => runLayers(cx, plan, lock, root), layersLine);
    const images = await stage(
      cx,
      'image',
      () => Promise.resolve(makeImages(plan, platforms)),
      (set) => set.root.digest,
    );
    const locked = await rememberLayers(cx, root, lock, platforms, frozen);
    const outputs = await stage(
      cx,
      'outputs',
      () => writeOutputs(cx, plan, images, folder, options.archive),
      ({ archive }) => (archive === undefined ? 'layout' : 'layout and archive'),
    );
    const reference = imageReference(plan, images.root.digest);
    const targets = await stage(
      cx,
      'specs',
      () => writeSpecs(cx, plan, folder, reference),
      (list) => list.map(({ name }) => name).join(', ') || 'none',
    );
    const ms = cx.ports.clock.monotonic() - start;
    const report = buildReport({ plan, lock: locked, images, outputs, targets, reference, ms });
    await writeReport(cx, folder, report);
    return report;
  });
}

async function runLayers(
  cx: EngineContext,
  plan: Plan,
  lock: Lock,
  root: string,
): Promise<readonly BuiltPlatform[]> {
  try {
    return await buildLayers(cx, plan, lock, root);
  } finally {
    await cx.layerRunner.close();
  }
}

function layersLine(platforms: readonly BuiltPlatform[]): string {
  const layers = platforms.flatMap((platform) => platform.layers);
  const reused = layers.filter((layer) => layer.reused).length;
  return `${layers.length} layers, ${reused} reused`;
}

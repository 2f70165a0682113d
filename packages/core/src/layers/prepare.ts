import path from 'node:path';
import type { LibraryRecord, MirrorSettings } from '@mlcontainer/debian';
import type { Plan } from '@mlcontainer/plugin-kit';
import type { PythonSettings } from '@mlcontainer/wheels';
import type { EngineContext } from '../context.ts';
import { fetchDebs, mirrorsOf } from '../inputs/debian.ts';
import { compilingInterpreter } from '../inputs/image-python.ts';
import type { Interpreter } from '../inputs/interpreter.ts';
import { fetchWheels, settingsOf } from '../inputs/wheels.ts';
import type { Lock } from '../lock/types.ts';
import { once } from '../once.ts';
import type { ForeignLayer } from './base-layer.ts';
import type { ImageLayer } from './image-layers.ts';
import type { LayerJob } from './job.ts';
import type { StepLayer } from './make/step.ts';

/** Where inputs come from; each is found out when the first layer needs it, and not at all when none does. */
export interface Inputs {
  readonly root: string;
  readonly plan: Plan;
  readonly mirrors: () => Promise<MirrorSettings>;
  readonly settings: () => Promise<PythonSettings>;
  readonly interpreter: () => Promise<Interpreter>;
}

export function inputsOf(cx: EngineContext, plan: Plan, lock: Lock, root: string): Inputs {
  const mirrors = once(() => mirrorsOf(cx, plan));
  const settings = once(() => settingsOf(cx));
  const interpreter = once(() => compilingInterpreter(cx, plan, lock, mirrors));
  return { root, plan, mirrors, settings, interpreter };
}

/** Fetches what a layer is made of and describes the work. `libraries` waits for the Debian layers of its image. */
export async function prepareJob(
  cx: EngineContext,
  layer: Exclude<ImageLayer, StepLayer | ForeignLayer>,
  inputs: Inputs,
  libraries: () => Promise<readonly LibraryRecord[]>,
): Promise<LayerJob> {
  if ('debs' in layer) {
    const { recipe, debian } = layer;
    const debs = await fetchDebs(cx, debian, layer.debs, await inputs.mirrors());
    return { recipe, debs, ...(await compiler(recipe, inputs)) };
  }
  if ('wheels' in layer) {
    const wheels = await fetchWheels(cx, layer.wheels, await inputs.settings());
    return { recipe: layer.recipe, wheels, ...(await compiler(layer.recipe, inputs)) };
  }
  if ('files' in layer) {
    const { recipe, files } = layer;
    return { recipe, files, root: inputs.root, ...(await compiler(recipe, inputs)) };
  }
  if (layer.recipe.kind === 'ld-cache')
    return { recipe: layer.recipe, libraries: await libraries() };
  const { from, facts } = inputs.plan.model;
  return { recipe: layer.recipe, file: path.join(inputs.root, from), size: facts.size };
}

async function compiler(
  recipe: { readonly bytecode: string | null },
  inputs: Inputs,
): Promise<{ interpreter?: Interpreter }> {
  return recipe.bytecode === null ? {} : { interpreter: await inputs.interpreter() };
}

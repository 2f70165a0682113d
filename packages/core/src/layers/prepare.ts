import path from 'node:path';
import type { LibraryRecord, MirrorSettings } from '@mlcontainer/debian';
import type { Plan } from '@mlcontainer/plugin-kit';
import type { LockedWheel, PythonSettings } from '@mlcontainer/wheels';
import type { EngineContext } from '../context.ts';
import { fetchDebs, mirrorsOf, type FetchedDeb, type SharedDebs } from '../inputs/debian.ts';
import { compilingInterpreter } from '../inputs/image-python.ts';
import type { FetchDebs, Interpreter } from '../inputs/interpreter.ts';
import { fetchWheels, settingsOf } from '../inputs/wheels.ts';
import type { Lock } from '../lock/types.ts';
import { once } from '../once.ts';
import type { ForeignLayer } from './base-layer.ts';
import type { ImageLayer } from './image-layers.ts';
import type { MadeLayers } from './build-layers.ts';
import type { LayerJob } from './job.ts';
import type { StepLayer } from './make/step.ts';
import type { Bytecode } from './recipe.ts';
import { openScratch, type Scratch } from './scratch.ts';

/** Where inputs come from; each is found out when the first layer needs it, and not at all when none does. */
export interface Inputs {
  readonly root: string;
  readonly plan: Plan;
  readonly mirrors: () => Promise<MirrorSettings>;
  readonly settings: () => Promise<PythonSettings>;
  readonly debs: FetchDebs;
  readonly interpreter: () => Promise<Interpreter>;
  /** Makes a wheel that came of sources; undefined for one that is fetched. */
  readonly compiled: (wheel: LockedWheel) => Promise<string> | undefined;
  /** What the interpreter is unpacked from is here. */
  readonly interpreterFetched: Promise<void>;
  /** To be closed when the layers are made. */
  readonly scratch: Scratch;
}

export function inputsOf(
  cx: EngineContext,
  plan: Plan,
  lock: Lock,
  root: string,
  made: MadeLayers,
): Inputs {
  const mirrors = once(() => mirrorsOf(cx, plan));
  const settings = once(() => settingsOf(cx));
  const shared: SharedDebs = new Map();
  const debs: FetchDebs = (of, wanted) =>
    held(cx, async () => fetchDebs(cx, of, wanted, await mirrors(), shared));
  const scratch = openScratch(cx.ports.store);
  const fetched = Promise.withResolvers<void>();
  const fetch: FetchDebs = async (of, wanted) => {
    const all = await debs(of, wanted);
    fetched.resolve();
    return all;
  };
  const interpreter = once(() =>
    held(cx, () => compilingInterpreter(cx, plan, lock, { fetch, scratch })).finally(
      fetched.resolve,
    ),
  );
  const interpreterFetched = fetched.promise;
  const compiled = (wheel: LockedWheel): Promise<string> | undefined => {
    const sdist = lock.sdists?.find((one) => one.wheel.sha256 === wheel.sha256);
    if (sdist === undefined) return undefined;
    // Loaded when it is needed: compiling makes layers in its turn.
    return import('../sdists/lock.ts').then(({ haveCompiled }) =>
      haveCompiled(cx, { plan, lock, root, made }, sdist),
    );
  };
  const found = { mirrors, settings, debs, interpreter, interpreterFetched, compiled };
  return { root, plan, scratch, ...found };
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
    const interpreter = compiler(recipe, inputs);
    const debs = await inputs.debs(debian, layer.debs);
    const compiling = await interpreter;
    return { recipe, debs: debs.map((deb) => decompressed(deb, inputs.scratch)), ...compiling };
  }
  if ('wheels' in layer) {
    const interpreter = compiler(layer.recipe, inputs);
    // Every layer with bytecode waits for these few packages, so that they come before some hundred MB of wheels.
    if (layer.recipe.bytecode !== null) await inputs.interpreterFetched;
    const settings = await inputs.settings();
    const wheels = await held(cx, () => fetchWheels(cx, layer.wheels, settings, inputs.compiled));
    return { recipe: layer.recipe, wheels, ...(await interpreter) };
  }
  if ('files' in layer) {
    const { recipe, files } = layer;
    return { recipe, files, root: inputs.root, ...(await compiler(recipe, inputs)) };
  }
  if (layer.recipe.kind === 'library-bytecode') {
    const interpreter = await inputs.interpreter();
    return { recipe: layer.recipe, standardLibrary: true, interpreter };
  }
  if (layer.recipe.kind === 'ld-cache')
    return { recipe: layer.recipe, libraries: await libraries() };
  const { from, facts } = inputs.plan.model;
  return { recipe: layer.recipe, file: path.join(inputs.root, from), size: facts.size };
}

function decompressed(fetched: FetchedDeb, scratch: Scratch): FetchedDeb {
  const data = scratch.dataOf(fetched.deb.sha256);
  return data === undefined ? fetched : { ...fetched, data };
}

/** Does what the layers of other threads wait for, and keeps this thread free for it. */
async function held<T>({ layerRunner }: EngineContext, act: () => Promise<T>): Promise<T> {
  const release = layerRunner.hold?.();
  try {
    return await act();
  } finally {
    release?.();
  }
}

/** Begins at once; a failure is told to whoever waits. */
function compiler(
  recipe: { readonly bytecode: Bytecode | null },
  inputs: Inputs,
): Promise<{ interpreter?: Interpreter }> {
  if (recipe.bytecode === null) return Promise.resolve({});
  const interpreter = inputs.interpreter().then((found) => ({ interpreter: found }));
  interpreter.catch(() => undefined);
  return interpreter;
}

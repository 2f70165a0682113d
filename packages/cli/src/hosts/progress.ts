import type { EngineEvent, Stage } from '@mlcontainer/plugin-kit';

/** A download that goes on. Sizes in bytes. */
export interface ActiveInput {
  readonly received: number;
  readonly size: number | undefined;
}

/** A layer that is being made. */
export interface ActiveLayer {
  readonly slot: string;
  readonly title: string;
  /** On the clock of the host. */
  readonly since: number;
}

/** What goes on right now, as far as events tell. */
export interface Progress {
  /** Stages under way, with their start on the clock of the host. */
  readonly stages: ReadonlyMap<Stage, number>;
  readonly inputs: ReadonlyMap<string, ActiveInput>;
  /** On their way to a registry; `received` is what was sent. */
  readonly uploads: ReadonlyMap<string, ActiveInput>;
  readonly layers: ReadonlyMap<string, ActiveLayer>;
  readonly doneLayers: number;
  readonly reusedLayers: number;
  /** Of downloads that ended; what was in the store already counts apart. */
  readonly doneInputs: number;
  readonly doneBytes: number;
  readonly reusedInputs: number;
  /** The hook that keeps everybody waiting. */
  readonly waiting: string | undefined;
}

export const NO_PROGRESS: Progress = {
  stages: new Map(),
  inputs: new Map(),
  uploads: new Map(),
  layers: new Map(),
  doneLayers: 0,
  reusedLayers: 0,
  doneInputs: 0,
  doneBytes: 0,
  reusedInputs: 0,
  waiting: undefined,
};

/** The progress after one more event. */
export function advance(progress: Progress, event: EngineEvent, now: number): Progress {
  switch (event.code) {
    case 'stage-start':
      return { ...progress, stages: withEntry(progress.stages, event.stage, now) };
    case 'stage-done':
      return { ...progress, waiting: undefined, stages: without(progress.stages, event.stage) };
    case 'input-start':
      return withInput(progress, event.name, { received: 0, size: event.size });
    case 'input-progress':
      return withInput(progress, event.name, { received: event.received, size: event.size });
    case 'input-done':
      return inputDone(progress, event);
    case 'layer-start': {
      const layer = { slot: event.slot, title: event.title, since: now };
      return { ...progress, layers: withEntry(progress.layers, event.id, layer) };
    }
    case 'layer-done':
      return {
        ...progress,
        layers: without(progress.layers, event.id),
        doneLayers: progress.doneLayers + 1,
        reusedLayers: progress.reusedLayers + (event.reused ? 1 : 0),
      };
    case 'blob-progress': {
      const upload = { received: event.sent, size: event.size };
      return { ...progress, uploads: withEntry(progress.uploads, event.name, upload) };
    }
    case 'blob-done':
      return { ...progress, uploads: without(progress.uploads, event.name) };
    case 'waiting':
      return { ...progress, waiting: `${event.plugin} (${event.hook})` };
    default:
      return progress;
  }
}

function withInput(progress: Progress, name: string, input: ActiveInput): Progress {
  const size = input.size ?? progress.inputs.get(name)?.size;
  return { ...progress, inputs: withEntry(progress.inputs, name, { ...input, size }) };
}

function inputDone(
  progress: Progress,
  event: Extract<EngineEvent, { code: 'input-done' }>,
): Progress {
  const inputs = without(progress.inputs, event.name);
  if (event.reused) return { ...progress, inputs, reusedInputs: progress.reusedInputs + 1 };
  return {
    ...progress,
    inputs,
    doneInputs: progress.doneInputs + 1,
    doneBytes: progress.doneBytes + event.size,
  };
}

function withEntry<K, V>(map: ReadonlyMap<K, V>, key: K, value: V): ReadonlyMap<K, V> {
  return new Map(map).set(key, value);
}

function without<K, V>(map: ReadonlyMap<K, V>, key: K): ReadonlyMap<K, V> {
  const copy = new Map(map);
  copy.delete(key);
  return copy;
}

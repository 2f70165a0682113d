import {
  PLUGIN_API,
  type DetectContext,
  type FileView,
  type ModelFacts,
  type PlanContext,
  type Platform,
  type ReadContext,
  type TargetContext,
  type TargetView,
} from '@mlcontainer/plugin-kit';

import { fakeFacts } from '../doubles/facts.ts';
import { deepFreeze } from './json.ts';

/** Stands for the image in emitted texts, as in a real plan. */
export const IMAGE_TOKEN = '@@mlcontainer.image@@';

/** What the core would tell a plugin, as far as a case wants it different. */
export interface Situation {
  /** Files of the project by their path; a plugin reads them through its context. */
  readonly files?: Readonly<Record<string, string>>;
  /** What is different from a scikit-learn regressor written by joblib (see `fakeFacts`). */
  readonly facts?: Partial<ModelFacts>;
  readonly platforms?: readonly Platform[];
  /** `3.11` when left out. */
  readonly pythonVersion?: string;
  readonly requirements?: readonly string[];
  /** What is different in the view that a target gets of the plan. */
  readonly plan?: Partial<TargetView>;
}

const AMD64: Platform = { os: 'linux', architecture: 'amd64' };

/** What a hook got and did, besides its result. */
export interface Recorder {
  readonly warnings: unknown[];
  /** Paths read through the context. */
  readonly reads: string[];
  /** Whether files never come, so that a hook that waits for one must be stopped. */
  readonly stalled: boolean;
}

export function createRecorder(stalled = false): Recorder {
  return { warnings: [], reads: [], stalled };
}

function readContext(situation: Situation, signal: AbortSignal, recorder: Recorder): ReadContext {
  return {
    files: fileView(situation.files ?? {}, signal, recorder),
    signal,
    warn: (message) => void recorder.warnings.push(message),
    meta: { core: '0.1.0', api: PLUGIN_API },
  };
}

function fileView(
  files: Readonly<Record<string, string>>,
  signal: AbortSignal,
  recorder: Recorder,
): FileView {
  const find = async (path: string): Promise<string | undefined> => {
    signal.throwIfAborted();
    recorder.reads.push(path);
    if (recorder.stalled) await untilAborted(signal);
    return Object.hasOwn(files, path) ? files[path] : undefined;
  };
  return {
    exists: async (path) => (await find(path)) !== undefined,
    text: async (path) => {
      const text = await find(path);
      if (text !== undefined) return text;
      throw Object.assign(new Error(`ENOENT: no such file, open '${path}'`), { code: 'ENOENT' });
    },
  };
}

function untilAborted(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
  });
}

/** The context of `detect`; the facts cannot be written to. */
export function detectContext(
  situation: Situation,
  signal: AbortSignal,
  recorder: Recorder,
): DetectContext {
  const facts = deepFreeze(fakeFacts(situation.facts));
  return Object.freeze({ ...readContext(situation, signal, recorder), facts });
}

/** The context of `contribute`; nothing in it can be written to. */
export function planContext(
  situation: Situation,
  options: unknown,
  signal: AbortSignal,
  recorder: Recorder,
): PlanContext<unknown> {
  return Object.freeze({
    ...detectContext(situation, signal, recorder),
    options: deepFreeze(options),
    platforms: deepFreeze([...(situation.platforms ?? [AMD64])]),
    pythonVersion: situation.pythonVersion ?? '3.11',
    requirements: deepFreeze([...(situation.requirements ?? [])]),
  });
}

/** The context of a target's hooks; nothing in it can be written to. */
export function targetContext(
  situation: Situation,
  options: unknown,
  signal: AbortSignal,
  recorder: Recorder,
): TargetContext<unknown> {
  const plan = deepFreeze({ ...targetView(situation), ...situation.plan });
  return Object.freeze({
    ...readContext(situation, signal, recorder),
    options: deepFreeze(options),
    plan,
  });
}

function targetView(situation: Situation): TargetView {
  return {
    name: 'diabetes',
    image: IMAGE_TOKEN,
    platforms: situation.platforms ?? [AMD64],
    port: 8080,
    routes: { live: '/live', ready: '/ready', predict: '/predict' },
    env: {},
    labels: {},
    uses: [],
    facts: fakeFacts(situation.facts),
  };
}

import { isMlcError } from '@mlcontainer/plugin-kit';

import { check, type Check } from '../check.ts';
import { createRecorder } from './context.ts';
import { describeError, errorProblems } from './errors.ts';
import { jsonProblems, stableJson } from './json.ts';
import { leakProblems } from './leaks.ts';
import {
  describeOutcome,
  observe,
  OTHERWISE,
  settle,
  type Hook,
  type Observation,
} from './observe.ts';
import { relativePathProblem } from './paths.ts';

/** A hook of one case, ready to be called. */
export interface HookOfCase {
  /** `contribute` */
  readonly hook: string;
  /** Name of the case, for people. */
  readonly label: string;
  /** Prepares the plugin and gives the hook. */
  readonly prepare: () => Promise<Hook>;
  /** The code that it must throw in this case. */
  readonly refuses?: string | undefined;
  readonly shape: (value: unknown) => readonly string[];
  /** Left out of the search for facts of the host. */
  readonly withoutHostPaths?: (value: unknown) => unknown;
}

/** How long a hook may go on after it was asked to stop. Milliseconds. */
const STOP_MS = 2000;

/** The checks that every hook has to pass, whatever it is for. */
export function hookChecks(subject: HookOfCase): Check[] {
  const { hook, label } = subject;
  const one = (
    rule: string,
    says: string,
    find: (call: Hook) => Promise<readonly string[]>,
  ): Check =>
    check(`${hook}/${rule}`, `${label}: ${hook} ${says}`, async () =>
      find(await subject.prepare()),
    );
  const outcome =
    subject.refuses === undefined
      ? 'returns what the contract allows'
      : `refuses with ${subject.refuses}`;
  const always = [
    one('outcome', outcome, (call) => outcomeProblems(subject, call)),
    one(
      'deterministic',
      'gives the same at another time, with other chances',
      deterministicProblems,
    ),
    one('inputs', 'leaves what it was given as it was', mutationProblems),
    one('reads', 'reads nothing past its context', accessProblems),
    one('abort', 'ends when it is asked to stop', abortProblems),
  ];
  if (subject.refuses !== undefined) return always;
  return [
    ...always,
    one('json', 'returns plain data', async (call) => jsonOf(await observe(call), hook)),
    one('host', 'returns nothing of this machine', (call) => hostProblems(subject, call)),
  ];
}

async function outcomeProblems(
  { hook, refuses, shape }: HookOfCase,
  call: Hook,
): Promise<readonly string[]> {
  const { outcome, recorder } = await observe(call);
  const warnings = recorder.warnings.every((text) => typeof text === 'string')
    ? []
    : ['it warned with something that is no text'];
  if (refuses !== undefined) {
    const code =
      outcome.ended === 'threw' && isMlcError(outcome.error) ? outcome.error.code : undefined;
    return code === refuses
      ? warnings
      : [`it should refuse with ${refuses}, but ${describeOutcome(outcome)}`];
  }
  if (outcome.ended !== 'returned') return [`${hook} ${describeOutcome(outcome)}`];
  return [...shape(outcome.value), ...warnings];
}

async function deterministicProblems(call: Hook): Promise<readonly string[]> {
  const [first, again, otherwise] = [
    await observe(call),
    await observe(call),
    await observe(call, OTHERWISE),
  ];
  if (ending(first) !== ending(again)) return ['two runs gave different results'];
  return ending(first) === ending(otherwise) ? [] : ['it depends on the clock or on chance'];
}

/** What a run came to, as text; the order of keys does not count, that of lists does. */
function ending({ outcome }: Observation): string {
  if (outcome.ended === 'threw') return describeError(outcome.error);
  return outcome.ended === 'hung' ? 'hung' : String(safeJson(outcome.value));
}

function safeJson(value: unknown): string {
  try {
    return stableJson(value);
  } catch {
    return 'not JSON';
  }
}

/** Modules are strict code: a write to frozen data throws. */
async function mutationProblems(call: Hook): Promise<readonly string[]> {
  const { outcome } = await observe(call);
  const error = outcome.ended === 'threw' ? originOf(outcome.error) : undefined;
  const isWrite =
    error instanceof TypeError &&
    /read.?only|not extensible|Cannot (?:assign|delete|define|add)/i.test(error.message);
  return isWrite ? [`it writes to its context: ${error.message}`] : [];
}

function originOf(error: unknown): unknown {
  return isMlcError(error) && error.cause !== undefined ? error.cause : error;
}

async function accessProblems(call: Hook): Promise<readonly string[]> {
  const { accesses, recorder } = await observe(call);
  const bad = recorder.reads.filter((path) => relativePathProblem(path) !== undefined);
  return [
    ...accesses.map((access) => `it called ${access}, which no plan records`),
    ...bad.map((path) => `it asked for ${path}, which is not below the project`),
  ];
}

/** Stopped before it begins, and stopped while it waits for its first file. */
async function abortProblems(call: Hook): Promise<readonly string[]> {
  const reason = new DOMException('stopped by the conformance kit', 'AbortError');
  const before = await settle(() => call(AbortSignal.abort(reason), createRecorder(true)), STOP_MS);
  const controller = new AbortController();
  const timer = setTimeout(() => controller.abort(reason), 20);
  const during = await settle(() => call(controller.signal, createRecorder(true)), STOP_MS).finally(
    () => clearTimeout(timer),
  );
  const hung = [before, during].some(({ ended }) => ended === 'hung');
  const wrong =
    before.ended === 'threw' && before.error !== reason
      ? errorProblems(before.error, 'when stopped, it')
      : [];
  return [
    ...(hung ? [`it went on for ${STOP_MS / 1000} s after it was asked to stop`] : []),
    ...wrong,
  ];
}

function jsonOf({ outcome }: Observation, hook: string): readonly string[] {
  return outcome.ended === 'returned'
    ? jsonProblems(outcome.value, hook)
    : [`${hook} ${describeOutcome(outcome)}`];
}

async function hostProblems(
  { hook, withoutHostPaths = (value) => value }: HookOfCase,
  call: Hook,
): Promise<readonly string[]> {
  const { outcome } = await observe(call);
  if (outcome.ended !== 'returned' || jsonProblems(outcome.value, hook).length > 0) return [];
  return leakProblems(withoutHostPaths(outcome.value), 'the result');
}

import type { EstimatorFact, TensorFact } from '@mlcontainer/plugin-kit';
import { is, size, type ObjectValue, type Value } from '../pickle/values.ts';
import { elements, plain, type Plain } from './elements.ts';
import { kindOf } from './kinds.ts';

/** What the object graph says of the estimator at its root. */
export interface EstimatorFacts {
  readonly estimator: EstimatorFact;
  readonly inputs: readonly TensorFact[];
  readonly outputs: readonly TensorFact[];
  readonly featureNames?: readonly string[];
  /** The root's own version stamp. */
  readonly version?: string;
}

/** Deeper than any real nesting of pipelines and searches. */
const MAX_NESTING = 16;
const MAX_CLASSES = 1000;

/** An attribute of an instance; the last state that has it wins, as in Python. */
export function attribute(target: ObjectValue, name: string): Value | undefined {
  for (const state of target.states.toReversed()) {
    const parts = is(state, 'tuple') ? state.items.toReversed() : [state];
    for (const part of parts) {
      const value = is(part, 'dict') ? part.entries.get(name) : undefined;
      if (value !== undefined) return value;
    }
  }
  return undefined;
}

interface Step {
  readonly name: string;
  readonly estimator: Value;
}

/** The steps of a pipeline: its attribute `steps`, a list of pairs. */
function steps(target: ObjectValue): Step[] | undefined {
  const value = attribute(target, 'steps');
  if (!is(value, 'list')) return undefined;
  return value.items.flatMap((item) => {
    const [name, estimator] = is(item, 'tuple') ? item.items : [];
    return typeof name === 'string' && estimator !== undefined ? [{ name, estimator }] : [];
  });
}

function className(value: Value): string {
  if (is(value, 'object')) return value.name;
  return typeof value === 'string' ? value : 'passthrough';
}

/** The estimator that answers: the last step of a pipeline, the best of a search, the one that is wrapped. */
function answering(target: ObjectValue, depth = 0): ObjectValue {
  if (depth > MAX_NESTING) return target;
  const last = steps(target)?.at(-1)?.estimator;
  const inner = is(last, 'object') ? last : attribute(target, 'best_estimator_');
  return is(inner, 'object') ? answering(inner, depth + 1) : target;
}

/** The estimator that the input reaches first. */
function receiving(target: ObjectValue, depth = 0): ObjectValue {
  if (depth > MAX_NESTING || attribute(target, 'n_features_in_') !== undefined) return target;
  const first = steps(target)?.find((step) => is(step.estimator, 'object'))?.estimator;
  const inner = is(first, 'object') ? first : attribute(target, 'best_estimator_');
  return is(inner, 'object') ? receiving(inner, depth + 1) : target;
}

const TEXT_READERS: ReadonlySet<string> = new Set([
  'sklearn.feature_extraction.text.CountVectorizer',
  'sklearn.feature_extraction.text.TfidfVectorizer',
  'sklearn.feature_extraction.text.HashingVectorizer',
]);

function inputs(receiver: ObjectValue): TensorFact[] {
  if (TEXT_READERS.has(receiver.name)) return [{ name: 'inputs', datatype: 'BYTES', shape: [-1] }];
  const count = plain(attribute(receiver, 'n_features_in_'));
  if (typeof count !== 'number' || !Number.isSafeInteger(count) || count < 0) return [];
  return [{ name: 'inputs', datatype: 'FP64', shape: [-1, count] }];
}

function featureNames(receiver: ObjectValue): readonly string[] | undefined {
  const names = elements(attribute(receiver, 'feature_names_in_'));
  return names?.every((name) => typeof name === 'string') === true ? names : undefined;
}

function datatype(values: readonly Plain[]): string {
  if (values.every((v) => typeof v === 'boolean')) return 'BOOL';
  if (values.every((v) => Number.isSafeInteger(v))) return 'INT64';
  return values.every((v) => typeof v === 'number') ? 'FP64' : 'BYTES';
}

function outputs(
  answerer: ObjectValue,
  kind: EstimatorFact['kind'],
  classes: readonly Plain[] | undefined,
): TensorFact[] {
  const count = size(attribute(answerer, 'n_outputs_')) ?? 1;
  const shape = count > 1 ? [-1, count] : [-1];
  if (kind === 'classifier' && classes !== undefined)
    return [{ name: 'predictions', datatype: datatype(classes), shape }];
  if (kind === 'regressor') return [{ name: 'predictions', datatype: 'FP64', shape }];
  return kind === 'clusterer' ? [{ name: 'predictions', datatype: 'INT64', shape: [-1] }] : [];
}

/** Facts of the estimator at the root, undefined where the root is no object. */
export function estimatorFacts(root: Value): EstimatorFacts | undefined {
  if (!is(root, 'object')) return undefined;
  const answerer = answering(root);
  const receiver = receiving(root);
  const classes = elements(attribute(answerer, 'classes_'));
  const kind = kindOf(answerer.name) ?? (classes === undefined ? 'other' : 'classifier');
  const pipeline = steps(root)?.map((step) => ({
    name: step.name,
    className: className(step.estimator),
  }));
  const names = featureNames(receiver);
  const version = attribute(root, '_sklearn_version');
  const plainClasses =
    kind === 'classifier' && classes !== undefined && classes.length <= MAX_CLASSES;
  return {
    estimator: {
      className: root.name,
      ...(pipeline === undefined ? {} : { steps: pipeline }),
      kind,
      ...(plainClasses ? { classes } : {}),
    },
    inputs: inputs(receiver),
    outputs: outputs(answerer, kind, classes),
    ...(names === undefined ? {} : { featureNames: names }),
    ...(typeof version === 'string' ? { version } : {}),
  };
}

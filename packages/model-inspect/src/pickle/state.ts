import { mlcError } from '@mlcontainer/plugin-kit';
import { buildDtype } from './dtype.ts';
import { report, type Machine } from './machine.ts';
import { buildArray } from './ndarray.ts';
import { describe, is, type ObjectValue, type Value } from './values.ts';

const WRAPPER = 'joblib.numpy_pickle.NumpyArrayWrapper';
const OLD_WRAPPERS: ReadonlySet<string> = new Set([
  'joblib.numpy_pickle_compat.NDArrayWrapper',
  'joblib.numpy_pickle_compat.ZNDArrayWrapper',
  'joblib.numpy_pickle.NDArrayWrapper',
  'joblib.numpy_pickle.ZNDArrayWrapper',
]);

/** BUILD: gives `target` its state, where that is an object that the pickle made. */
export function setState(m: Machine, target: Value, state: Value): void {
  if (is(target, 'dtype')) buildDtype(m, target, state);
  else if (is(target, 'array')) buildArray(m, target, state);
  else if (is(target, 'object')) buildObject(m, target, state);
  else refuseState(m, describe(target), 'it is no object that the pickle made');
}

function refuseState(m: Machine, target: string, detail: string): void {
  report(m, mlcError('MLC3025', { file: m.inspection.file, offset: m.offset, target, detail }));
}

function buildObject(m: Machine, target: ObjectValue, state: Value): void {
  if (OLD_WRAPPERS.has(target.name)) {
    throw mlcError('MLC3040', { file: m.inspection.file, detail: 'its arrays are in other files' });
  }
  for (const part of is(state, 'tuple') ? state.items : [state]) {
    // `__class__` would turn the object into another one behind the walker's back.
    if (is(part, 'dict') && part.special) refuseState(m, target.name, 'it sets special attributes');
    if (is(part, 'dict')) stamp(m, target, part.entries.get('_sklearn_version'));
  }
  if (target.name === WRAPPER) {
    target.states.push(state);
    m.pending = { kind: 'array', wrapper: target };
  } else if (is(state, 'dict') || target.states.length === 0) target.states.push(state);
}

function stamp(m: Machine, target: ObjectValue, version: Value | undefined): void {
  const { stamps } = m.inspection;
  if (typeof version === 'string' && !stamps.has(version)) stamps.set(version, target.name);
}

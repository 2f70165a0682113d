import { mlcError } from '@mlcontainer/plugin-kit';
import { hold, report, type Machine } from './machine.ts';
import { RECONSTRUCTORS, type Rule } from './reconstruct.ts';
import { describe, is, object, type GlobalValue, type Value } from './values.ts';

/** Records MLC3024 and gives a symbol, so that the walk goes on and finds the rest. */
export function refuseCall(m: Machine, callee: string, detail: string): Value {
  const { file } = m.inspection;
  report(m, mlcError('MLC3024', { file, offset: m.offset, callee, detail }));
  return object(callee, []);
}

/** Whether a callable may be used at all; refusals are recorded. */
function callable(m: Machine, callee: Value): callee is GlobalValue {
  if (!is(callee, 'global')) {
    refuseCall(m, describe(callee), 'only names are called, never the result of a call');
    return false;
  }
  if (callee.use === 'reference')
    refuseCall(m, callee.name, 'this name may stand for itself, but is never called');
  return callee.use === 'call';
}

/** REDUCE: what calling `callee` with `args` makes. */
export function call(m: Machine, callee: Value, args: readonly Value[]): Value {
  hold(m, 1);
  if (!callable(m, callee)) return object(describe(callee), []);
  const rule = ruleOf(callee.name);
  if (rule === undefined) return object(callee.name, args);
  const made = rule(m, args, callee.name);
  if (made !== undefined) return made;
  return refuseCall(m, callee.name, 'with arguments that no pickler writes');
}

/** Names whose rule for a call is not also that of `cls.__new__`. */
const CLASSES: ReadonlySet<string> = new Set([
  'builtins.object',
  'collections.Counter',
  'collections.OrderedDict',
  'collections.defaultdict',
  'collections.deque',
  'joblib.numpy_pickle.NumpyArrayWrapper',
]);

/** NEWOBJ: what `cls.__new__(cls, *args)` makes. */
export function instantiate(m: Machine, cls: Value, args: readonly Value[]): Value {
  hold(m, 1);
  if (!callable(m, cls)) return object(describe(cls), []);
  if (ruleOf(cls.name) === undefined) return object(cls.name, args);
  if (CLASSES.has(cls.name) && args.length === 0) return object(cls.name, args);
  return refuseCall(m, cls.name, 'it is instantiated, but is no class that picklers instantiate');
}

/** Bases that `copyreg._reconstructor` is given: `object`, or the builtin that the class extends. */
const BASES = new Set(
  ['object', 'dict', 'list', 'set', 'tuple', 'float', 'int', 'str'].map((n) => `builtins.${n}`),
);

const reconstructor: Rule = (m, args) => {
  const [cls, base] = args;
  if (args.length !== 3 || !is(cls, 'global') || !is(base, 'global') || !BASES.has(base.name))
    return undefined;
  return instantiate(m, cls, []);
};

const newObject: Rule = (m, args) => {
  const [cls, ...rest] = args;
  return is(cls, 'global') ? instantiate(m, cls, rest) : undefined;
};

const newObjectEx: Rule = (m, args) => {
  const [cls, positional, named] = args;
  if (args.length !== 3 || !is(cls, 'global') || !is(positional, 'tuple') || !is(named, 'dict'))
    return undefined;
  return instantiate(m, cls, [...positional.items, named]);
};

const INSTANTIATORS: ReadonlyMap<string, Rule> = new Map([
  ['copyreg.__newobj__', newObject],
  ['copyreg.__newobj_ex__', newObjectEx],
  ['copyreg._reconstructor', reconstructor],
]);

function ruleOf(name: string): Rule | undefined {
  return INSTANTIATORS.get(name) ?? RECONSTRUCTORS[name];
}

import { mlcError } from '@mlcontainer/plugin-kit';
import { judge } from '../policy/policy.ts';
import { python3Name } from '../policy/python2.ts';
import { call, instantiate } from './call.ts';
import { hold, malformed, pop, popMark, push, report, top, type Machine } from './machine.ts';
import { setState } from './state.ts';
import {
  describe,
  EMPTY_TUPLE,
  is,
  type GlobalValue,
  type TupleValue,
  type Value,
} from './values.ts';

const at = (m: Machine) => ({ file: m.inspection.file, offset: m.offset });

export function refuseBuffer(m: Machine): void {
  throw mlcError('MLC3018', at(m));
}

export function refuseExtension(m: Machine): void {
  throw mlcError('MLC3017', at(m));
}

export function refusePersistentId(m: Machine): void {
  throw mlcError('MLC3016', at(m));
}

const MODULE = /^[\p{ID_Start}_][\p{ID_Continue}]*(\.[\p{ID_Start}_][\p{ID_Continue}]*)*$/u;

/** Looks a name up as CPython's find_class does, and asks the policy. */
function lookUp(m: Machine, oldModule: string, oldName: string): GlobalValue {
  const [module, name] = m.protocol < 3 ? python3Name(oldModule, oldName) : [oldModule, oldName];
  if (!MODULE.test(module) || !MODULE.test(name))
    throw malformed(m, 'a global is not a Python name');
  const { inspection } = m;
  const verdict = judge(inspection.policy, module, name, m.offset);
  if (!inspection.globals.has(verdict.global)) {
    inspection.globals.set(verdict.global, m.offset);
    if (verdict.error !== undefined) report(m, verdict.error);
  }
  hold(m, 1);
  return { type: 'global', name: verdict.global, use: verdict.use };
}

export function global(m: Machine): void {
  push(m, lookUp(m, m.argument as string, m.second));
}

export function stackGlobal(m: Machine): void {
  const name = pop(m);
  const module = pop(m);
  if (typeof name !== 'string' || typeof module !== 'string') {
    throw malformed(m, `STACK_GLOBAL takes two str, not ${describe(module)} and ${describe(name)}`);
  }
  push(m, lookUp(m, module, name));
}

function tuple(m: Machine, value: Value): TupleValue {
  if (!is(value, 'tuple')) throw malformed(m, `arguments are ${describe(value)}, not a tuple`);
  return value;
}

export function reduce(m: Machine): void {
  const args = tuple(m, pop(m));
  push(m, call(m, pop(m), args.items));
}

export function newObj(m: Machine): void {
  const args = tuple(m, pop(m));
  push(m, instantiate(m, pop(m), args.items));
}

export function newObjEx(m: Machine): void {
  const named = pop(m);
  if (!is(named, 'dict')) throw malformed(m, `named arguments are ${describe(named)}, not a dict`);
  const args = tuple(m, pop(m));
  push(m, instantiate(m, pop(m), [...args.items, named]));
}

/** INST and OBJ: no Python 3 pickler writes them; a class without arguments is instantiated, otherwise called. */
export function inst(m: Machine): void {
  const args = popMark(m);
  const callee = lookUp(m, m.argument as string, m.second);
  push(m, args.length > 0 ? call(m, callee, args) : instantiate(m, callee, EMPTY_TUPLE.items));
}

export function obj(m: Machine): void {
  const [callee, ...args] = popMark(m);
  if (callee === undefined) throw malformed(m, 'OBJ has no class');
  push(m, args.length > 0 ? call(m, callee, args) : instantiate(m, callee, args));
}

export function build(m: Machine): void {
  const state = pop(m);
  setState(m, top(m), state);
}

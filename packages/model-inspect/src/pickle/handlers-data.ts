import { mlcError } from '@mlcontainer/plugin-kit';
import {
  getMemo,
  hold,
  malformed,
  mark,
  pop,
  popMark,
  push,
  putMemo,
  tooMany,
  top,
  type Machine,
} from './machine.ts';
import {
  describe,
  dict,
  EMPTY_TUPLE,
  is,
  LONG_TEXT,
  list,
  type DictValue,
  type ListValue,
  type SetValue,
  type TupleValue,
  type Value,
} from './values.ts';

// One function an opcode: CPython's Lib/pickle.py, class _Unpickler, on symbols.

export function pushArgument(m: Machine): void {
  push(m, m.argument as Value);
}

export function pushInteger(m: Machine): void {
  push(m, BigInt(m.argument as number));
}

export const constant = (value: Value) => (m: Machine) => push(m, value);

export function emptyList(m: Machine): void {
  hold(m, 1);
  push(m, list());
}

export function emptyDict(m: Machine): void {
  hold(m, 1);
  push(m, dict());
}

export function emptySet(m: Machine): void {
  hold(m, 1);
  push(m, { type: 'set', items: [], length: 0 });
}

export function emptyTuple(m: Machine): void {
  push(m, EMPTY_TUPLE);
}

function tuple(m: Machine, items: readonly Value[]): TupleValue {
  hold(m, 1);
  return { type: 'tuple', items };
}

export function tupleFromMark(m: Machine): void {
  push(m, tuple(m, popMark(m)));
}

export const tupleOf = (count: number) => (m: Machine) => {
  if (m.stack.length < count) throw malformed(m, 'the stack is empty');
  push(m, tuple(m, m.stack.splice(-count)));
};

/** Keeps elements up to the limit and counts the rest. */
function extend(m: Machine, target: ListValue | SetValue, items: readonly Value[]): void {
  const room = m.inspection.limits.elements - target.items.length;
  if (room > 0)
    for (const item of room < items.length ? items.slice(0, room) : items) target.items.push(item);
  target.length += items.length;
}

function assign(m: Machine, target: DictValue, key: Value, value: Value): void {
  target.length++;
  if (typeof key !== 'string') {
    if (key === LONG_TEXT) target.special = true;
    return;
  }
  if (key.startsWith('__')) target.special = true;
  if (target.entries.size < m.inspection.limits.elements || target.entries.has(key))
    target.entries.set(key, value);
}

function assignAll(m: Machine, target: DictValue, items: readonly Value[]): void {
  if (items.length % 2 !== 0) throw malformed(m, 'a dict has a key without a value');
  for (let i = 0; i < items.length; i += 2) assign(m, target, items[i]!, items[i + 1]!);
}

function listTarget(m: Machine): ListValue {
  const target = top(m);
  if (is(target, 'list')) return target;
  if (is(target, 'object')) return target.items;
  throw malformed(m, `elements are added to ${describe(target)}`);
}

function dictTarget(m: Machine): DictValue {
  const target = top(m);
  if (is(target, 'dict')) return target;
  if (is(target, 'object')) return target.entries;
  throw malformed(m, `items are set in ${describe(target)}`);
}

export function append(m: Machine): void {
  const item = pop(m);
  extend(m, listTarget(m), [item]);
}

export function appends(m: Machine): void {
  const items = popMark(m);
  extend(m, listTarget(m), items);
}

export function listFromMark(m: Machine): void {
  const target = list();
  hold(m, 1);
  extend(m, target, popMark(m));
  push(m, target);
}

export function dictFromMark(m: Machine): void {
  const target = dict();
  hold(m, 1);
  assignAll(m, target, popMark(m));
  push(m, target);
}

export function setItem(m: Machine): void {
  const value = pop(m);
  const key = pop(m);
  assign(m, dictTarget(m), key, value);
}

export function setItems(m: Machine): void {
  const items = popMark(m);
  assignAll(m, dictTarget(m), items);
}

export function addItems(m: Machine): void {
  const items = popMark(m);
  const target = top(m);
  if (is(target, 'set')) extend(m, target, items);
  else if (is(target, 'object')) extend(m, target.items, items);
  else throw malformed(m, `elements are added to ${describe(target)}`);
}

export function frozenSet(m: Machine): void {
  const target: SetValue = { type: 'set', items: [], length: 0 };
  hold(m, 1);
  extend(m, target, popMark(m));
  push(m, target);
}

export function popValue(m: Machine): void {
  if (m.stack.length > 0) m.stack.pop();
  else popMark(m);
}

export function duplicate(m: Machine): void {
  push(m, top(m));
}

export const markStack = mark;

export function dropToMark(m: Machine): void {
  popMark(m);
}

export function get(m: Machine): void {
  getMemo(m, m.argument as number);
}

export function put(m: Machine): void {
  putMemo(m, m.argument as number);
}

export function memoize(m: Machine): void {
  putMemo(m, m.memoCount);
}

export function proto(m: Machine): void {
  const protocol = m.argument as number;
  if (m.started) throw malformed(m, 'PROTO stands in the middle');
  if (protocol > 5) throw malformed(m, `protocol ${protocol} is unknown`);
  m.protocol = protocol;
  if (m.outer) m.inspection.protocol = protocol;
}

export function frame(m: Machine): void {
  const length = m.argument as number;
  if (!Number.isSafeInteger(length))
    throw tooMany(m, 'bytes in one frame', Number.MAX_SAFE_INTEGER);
  if (m.frameEnd >= 0) {
    throw mlcError('MLC3014', {
      file: m.inspection.file,
      offset: m.offset,
      detail: 'a frame begins within another',
    });
  }
  m.frameEnd = m.offset + 9 + length;
}

/** A pickle leaves exactly its value behind; picklers never leave more. */
export function stop(m: Machine): void {
  if (m.marks.length > 0) throw malformed(m, 'STOP comes with an open mark');
  if (m.stack.length !== 1) throw malformed(m, `STOP leaves ${m.stack.length} values`);
  m.pending = { kind: 'stop' };
}

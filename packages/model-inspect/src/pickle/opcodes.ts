import * as a from './arguments.ts';
import type { ArgumentReader } from './arguments.ts';
import * as calls from './handlers-call.ts';
import * as data from './handlers-data.ts';
import type { Machine } from './machine.ts';

/** One opcode of CPython's pickletools. */
export interface Opcode {
  readonly name: string;
  /** The first protocol that has it. */
  readonly protocol: number;
  readonly read: ArgumentReader;
  readonly run: (m: Machine) => void;
}

type Row = readonly [
  code: number | string,
  name: string,
  protocol: number,
  read: ArgumentReader,
  run: (m: Machine) => void,
];

/** All 68 opcodes of protocols 0 to 5 (CPython, Lib/pickletools.py). */
const ROWS: readonly Row[] = [
  ['I', 'INT', 0, a.decimalShort, data.pushArgument],
  ['J', 'BININT', 1, a.int4, data.pushInteger],
  ['K', 'BININT1', 1, a.uint(1), data.pushInteger],
  ['M', 'BININT2', 1, a.uint(2), data.pushInteger],
  ['L', 'LONG', 0, a.decimalLong, data.pushArgument],
  [0x8a, 'LONG1', 2, a.long1, data.pushArgument],
  [0x8b, 'LONG4', 2, a.long4, data.pushArgument],
  ['S', 'STRING', 0, a.stringLine, data.pushArgument],
  ['T', 'BINSTRING', 1, a.legacyString(4), data.pushArgument],
  ['U', 'SHORT_BINSTRING', 1, a.legacyString(1), data.pushArgument],
  ['B', 'BINBYTES', 3, a.bytes(4), data.pushArgument],
  ['C', 'SHORT_BINBYTES', 3, a.bytes(1), data.pushArgument],
  [0x8e, 'BINBYTES8', 4, a.bytes(8), data.pushArgument],
  [0x96, 'BYTEARRAY8', 5, a.bytes(8), data.pushArgument],
  [0x97, 'NEXT_BUFFER', 5, a.none, calls.refuseBuffer],
  [0x98, 'READONLY_BUFFER', 5, a.none, calls.refuseBuffer],
  ['N', 'NONE', 0, a.none, data.constant(null)],
  [0x88, 'NEWTRUE', 2, a.none, data.constant(true)],
  [0x89, 'NEWFALSE', 2, a.none, data.constant(false)],
  ['V', 'UNICODE', 0, a.unicodeLine, data.pushArgument],
  [0x8c, 'SHORT_BINUNICODE', 4, a.unicode(1), data.pushArgument],
  ['X', 'BINUNICODE', 1, a.unicode(4), data.pushArgument],
  [0x8d, 'BINUNICODE8', 4, a.unicode(8), data.pushArgument],
  ['F', 'FLOAT', 0, a.floatLine, data.pushArgument],
  ['G', 'BINFLOAT', 1, a.float8, data.pushArgument],
  [']', 'EMPTY_LIST', 1, a.none, data.emptyList],
  ['a', 'APPEND', 0, a.none, data.append],
  ['e', 'APPENDS', 1, a.none, data.appends],
  ['l', 'LIST', 0, a.none, data.listFromMark],
  [')', 'EMPTY_TUPLE', 1, a.none, data.emptyTuple],
  ['t', 'TUPLE', 0, a.none, data.tupleFromMark],
  [0x85, 'TUPLE1', 2, a.none, data.tupleOf(1)],
  [0x86, 'TUPLE2', 2, a.none, data.tupleOf(2)],
  [0x87, 'TUPLE3', 2, a.none, data.tupleOf(3)],
  ['}', 'EMPTY_DICT', 1, a.none, data.emptyDict],
  ['d', 'DICT', 0, a.none, data.dictFromMark],
  ['s', 'SETITEM', 0, a.none, data.setItem],
  ['u', 'SETITEMS', 1, a.none, data.setItems],
  [0x8f, 'EMPTY_SET', 4, a.none, data.emptySet],
  [0x90, 'ADDITEMS', 4, a.none, data.addItems],
  [0x91, 'FROZENSET', 4, a.none, data.frozenSet],
  ['0', 'POP', 0, a.none, data.popValue],
  ['2', 'DUP', 0, a.none, data.duplicate],
  ['(', 'MARK', 0, a.none, data.markStack],
  ['1', 'POP_MARK', 1, a.none, data.dropToMark],
  ['g', 'GET', 0, a.index, data.get],
  ['h', 'BINGET', 1, a.uint(1), data.get],
  ['j', 'LONG_BINGET', 1, a.uint(4), data.get],
  ['p', 'PUT', 0, a.index, data.put],
  ['q', 'BINPUT', 1, a.uint(1), data.put],
  ['r', 'LONG_BINPUT', 1, a.uint(4), data.put],
  [0x94, 'MEMOIZE', 4, a.none, data.memoize],
  [0x82, 'EXT1', 2, a.uint(1), calls.refuseExtension],
  [0x83, 'EXT2', 2, a.uint(2), calls.refuseExtension],
  [0x84, 'EXT4', 2, a.int4, calls.refuseExtension],
  ['c', 'GLOBAL', 0, a.pair, calls.global],
  [0x93, 'STACK_GLOBAL', 4, a.none, calls.stackGlobal],
  ['R', 'REDUCE', 0, a.none, calls.reduce],
  ['b', 'BUILD', 0, a.none, calls.build],
  ['i', 'INST', 0, a.pair, calls.inst],
  ['o', 'OBJ', 1, a.none, calls.obj],
  [0x81, 'NEWOBJ', 2, a.none, calls.newObj],
  [0x92, 'NEWOBJ_EX', 4, a.none, calls.newObjEx],
  [0x80, 'PROTO', 2, a.uint(1), data.proto],
  ['.', 'STOP', 0, a.none, data.stop],
  [0x95, 'FRAME', 4, a.uint(8), data.frame],
  ['P', 'PERSID', 0, a.persistentId, calls.refusePersistentId],
  ['Q', 'BINPERSID', 1, a.none, calls.refusePersistentId],
];

/** Opcodes by their byte. */
export const OPCODES: readonly (Opcode | undefined)[] = (() => {
  const table: (Opcode | undefined)[] = new Array<undefined>(256).fill(undefined);
  for (const [code, name, protocol, read, run] of ROWS) {
    table[typeof code === 'string' ? code.charCodeAt(0) : code] = { name, protocol, read, run };
  }
  return table;
})();

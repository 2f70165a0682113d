/**
 * What the walker knows of a Python value. Numbers that Python calls `int` are bigint, `float` are `FloatValue`, so
 * that 1 and 1.0 stay different; strings and booleans stand for themselves, null for None.
 */
export type Value = null | boolean | bigint | string | Node;

export type Node =
  | FloatValue
  | TextValue
  | BytesValue
  | TupleValue
  | ListValue
  | SetValue
  | DictValue
  | GlobalValue
  | ObjectValue
  | DtypeValue
  | ArrayValue
  | ScalarValue;

export interface FloatValue {
  readonly type: 'float';
  readonly value: number;
}

/** A string, or the digits of an int, too long to be kept. */
export interface TextValue {
  readonly type: 'text';
}

export interface BytesValue {
  readonly type: 'bytes';
  /** Undefined where the bytes came as text whose length was not counted. */
  readonly length: number | undefined;
  /** Kept where they are few. */
  readonly data: Uint8Array | undefined;
}

export interface TupleValue {
  readonly type: 'tuple';
  readonly items: readonly Value[];
}

export interface ListValue {
  readonly type: 'list';
  /** The first ones, up to the limit. */
  readonly items: Value[];
  length: number;
}

export interface SetValue {
  readonly type: 'set';
  readonly items: Value[];
  length: number;
}

export interface DictValue {
  readonly type: 'dict';
  /** Entries by string key, up to the limit; a later one replaces an earlier, as in Python. */
  readonly entries: Map<string, Value>;
  /** Assignments, those of other keys included. */
  length: number;
  /** A key like `__class__`, or one that was not kept and may be such. */
  special: boolean;
}

export interface GlobalValue {
  readonly type: 'global';
  /** `module.name`, or `module:qual.name` where the name is an attribute path. */
  readonly name: string;
  /** What policy lets the pickle do with it. */
  readonly use: 'call' | 'reference' | 'nothing';
}

/** What a call or an instantiation made, with what was done to it since. */
export interface ObjectValue {
  readonly type: 'object';
  /** The global that was called, or the class. */
  readonly name: string;
  readonly args: readonly Value[];
  readonly states: Value[];
  /** What APPENDS and SETITEMS added, for subclasses of list and dict. */
  readonly items: ListValue;
  readonly entries: DictValue;
}

/** A numpy.dtype. */
export interface DtypeValue {
  readonly type: 'dtype';
  /** numpy's kind character: `b i u f c O S U V M m`. */
  readonly kind: string;
  /** Bytes of one element. */
  itemsize: number;
  hasObject: boolean;
  /** numpy's own flags for this type. */
  flags: number;
  littleEndian: boolean;
  built: boolean;
}

/** A numpy array. */
export interface ArrayValue {
  readonly type: 'array';
  dtype: DtypeValue | undefined;
  shape: readonly number[];
  fortran: boolean;
  /** Raw elements, where they are few. */
  data: Uint8Array | undefined;
  /** Elements of an object array. */
  items: readonly Value[] | undefined;
}

/** A numpy scalar. */
export interface ScalarValue {
  readonly type: 'scalar';
  readonly dtype: DtypeValue;
  readonly data: Uint8Array | undefined;
}

export const LONG_TEXT: TextValue = { type: 'text' };
export const EMPTY_TUPLE: TupleValue = { type: 'tuple', items: [] };

export function list(): ListValue {
  return { type: 'list', items: [], length: 0 };
}

export function dict(): DictValue {
  return { type: 'dict', entries: new Map(), length: 0, special: false };
}

export function object(name: string, args: readonly Value[]): ObjectValue {
  return { type: 'object', name, args, states: [], items: list(), entries: dict() };
}

/** Whether a value is a node of this type. */
export function is<T extends Node['type']>(
  value: Value | undefined,
  type: T,
): value is Extract<Node, { type: T }> {
  return typeof value === 'object' && value !== null && value.type === type;
}

/** What a value is, for messages. */
export function describe(value: Value | undefined): string {
  if (value === undefined) return 'nothing';
  if (value === null) return 'None';
  if (typeof value === 'bigint') return 'an int';
  if (typeof value === 'string') return 'a str';
  if (typeof value === 'boolean') return 'a bool';
  if (value.type === 'global') return value.name;
  return value.type === 'object' ? `the result of ${value.name}` : `a ${value.type}`;
}

/** A safe non-negative integer, or undefined. */
export function size(value: Value | undefined): number | undefined {
  if (typeof value !== 'bigint' || value < 0n || value > BigInt(Number.MAX_SAFE_INTEGER))
    return undefined;
  return Number(value);
}

import { mlcError, type Finding, type MlcError } from '@mlcontainer/plugin-kit';
import { mlcFinding } from '../finding.ts';
import type { Policy } from '../policy/policy.ts';
import type { Limits } from './limits.ts';
import type { ObjectValue, Value } from './values.ts';

/** What the whole inspection of a file shares: nested pickles add to the same. */
export interface Inspection {
  readonly file: string;
  readonly policy: Policy;
  readonly limits: Limits;
  /** Every global that was named, with the offset of its first mention. */
  readonly globals: Map<string, number>;
  readonly findings: Finding[];
  /** Version stamps of estimators by version, each with the first class that has it. */
  readonly stamps: Map<string, string>;
  /** Called for every opcode with its offset and name. */
  readonly trace?: (offset: number, opcode: string) => void;
  readonly used: { nodes: number; text: number; arrays: number };
  /** Arrays of joblib that were met. */
  arrays: number;
  /** The protocol of the outer pickle: as declared, otherwise 0 or 1 by the opcodes met. */
  protocol: number;
}

/** The state of one pickle on its way: an unpickler that makes symbols instead of objects. */
export interface Machine {
  readonly inspection: Inspection;
  /** Joblib's arrays may stand between opcodes: only in the outer pickle of a file. */
  readonly outer: boolean;
  stack: Value[];
  readonly marks: Value[][];
  stacked: number;
  readonly memo: (Value | undefined)[];
  memoCount: number;
  /** Declared by PROTO; 1 where there is none, since protocols 0 and 1 have no PROTO. */
  protocol: number;
  started: boolean;
  /** Offset where the current frame ends, or -1. */
  frameEnd: number;
  /** Offset of the current opcode. */
  offset: number;
  argument: Value | number;
  second: string;
  /** Bytes after the argument's header that the walker passes over; -1: up to and with the next newline. */
  skip: number;
  /** What a handler asks of the walker. */
  pending:
    | { readonly kind: 'stop' }
    | { readonly kind: 'array'; readonly wrapper: ObjectValue }
    | undefined;
}

export function createMachine(inspection: Inspection, outer: boolean): Machine {
  return {
    inspection,
    outer,
    stack: [],
    marks: [],
    stacked: 0,
    memo: [],
    memoCount: 0,
    protocol: 1,
    started: false,
    frameEnd: -1,
    offset: 0,
    argument: null,
    second: '',
    skip: 0,
    pending: undefined,
  };
}

/** MLC3013 at the current opcode. */
export function malformed(m: Machine, detail: string): MlcError {
  return mlcError('MLC3013', { file: m.inspection.file, offset: m.offset, detail });
}

/** MLC3015 at the current opcode. */
export function tooMany(m: Machine, limit: string, value: number): MlcError {
  return mlcError('MLC3015', { file: m.inspection.file, offset: m.offset, limit, value });
}

/** Records a finding that does not end the walk, once for the same words. */
export function report(m: Machine, error: MlcError): void {
  const finding = mlcFinding(error, 'error');
  const { findings } = m.inspection;
  if (!findings.some((f) => f.code === finding.code && f.message === finding.message))
    findings.push(finding);
}

/** Counts nodes that are held. */
export function hold(m: Machine, nodes: number): void {
  const { used, limits } = m.inspection;
  used.nodes += nodes;
  if (used.nodes > limits.nodes) throw tooMany(m, 'objects', limits.nodes);
}

export function push(m: Machine, value: Value): void {
  m.stack.push(value);
  if (m.stack.length + m.stacked > m.inspection.limits.stack)
    throw tooMany(m, 'values on the stack', m.inspection.limits.stack);
}

/** Takes the top; a stack that is empty up to the last mark is a fault, as in CPython. */
export function pop(m: Machine): Value {
  const value = m.stack.pop();
  if (value === undefined) throw malformed(m, 'the stack is empty');
  return value;
}

export function top(m: Machine): Value {
  const value = m.stack.at(-1);
  if (value === undefined) throw malformed(m, 'the stack is empty');
  return value;
}

export function mark(m: Machine): void {
  m.marks.push(m.stack);
  m.stacked += m.stack.length;
  m.stack = [];
  if (m.marks.length > m.inspection.limits.marks)
    throw tooMany(m, 'open marks', m.inspection.limits.marks);
}

/** Takes everything above the last mark, and the mark. */
export function popMark(m: Machine): Value[] {
  const items = m.stack;
  const below = m.marks.pop();
  if (below === undefined) throw malformed(m, 'there is no mark');
  m.stack = below;
  m.stacked -= below.length;
  return items;
}

export function getMemo(m: Machine, index: number): void {
  const value = m.memo[index];
  if (value === undefined) throw malformed(m, `memo ${index} is not set`);
  push(m, value);
}

/** Picklers count memo indices up from 0 (Python 2 from 1), so a far index is a bomb, not a model. */
export function putMemo(m: Machine, index: number): void {
  if (index > m.memoCount + 1)
    throw malformed(m, `memo ${index} is set after ${m.memoCount} others`);
  if (index >= m.inspection.limits.memo) throw tooMany(m, 'memo entries', m.inspection.limits.memo);
  if (m.memo[index] === undefined) m.memoCount++;
  m.memo[index] = top(m);
}

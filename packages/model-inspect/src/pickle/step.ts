import { mlcError, type MlcError } from '@mlcontainer/plugin-kit';
import type { Window } from '../bytes/window.ts';
import { malformed, type Machine } from './machine.ts';
import { OPCODES, type Opcode } from './opcodes.ts';
import type { ObjectValue, Value } from './values.ts';

/** Why the machine stopped: it needs bytes, wants bytes passed over, has met an array of joblib, or is done. */
export type Step =
  | { readonly kind: 'need'; readonly bytes: number }
  | { readonly kind: 'skip'; readonly bytes: number }
  | { readonly kind: 'skip-line' }
  | { readonly kind: 'array'; readonly wrapper: ObjectValue }
  | { readonly kind: 'stop'; readonly value: Value };

function frameFault(m: Machine, detail: string): MlcError {
  return mlcError('MLC3014', { file: m.inspection.file, offset: m.offset, detail });
}

function unknownOpcode(m: Machine, code: number): MlcError {
  const opcode = `0x${code.toString(16).padStart(2, '0')}`;
  return mlcError('MLC3012', { file: m.inspection.file, offset: m.offset, opcode });
}

/** Runs opcodes while the window has them whole. */
export function run(m: Machine, w: Window): Step {
  for (;;) {
    const at = w.pos;
    if (at >= w.end) return { kind: 'need', bytes: 1 };
    m.offset = w.base + at;
    const code = w.buffer[at]!;
    const opcode = OPCODES[code];
    if (opcode === undefined) throw unknownOpcode(m, code);
    m.skip = 0;
    const length = opcode.read(m, w, at + 1);
    if (length < 0) return { kind: 'need', bytes: 1 - length };
    w.pos = at + 1 + length;
    execute(m, opcode, length);
    if (m.skip !== 0) return m.skip < 0 ? { kind: 'skip-line' } : { kind: 'skip', bytes: m.skip };
    if (m.pending !== undefined) return surrender(m);
  }
}

function execute(m: Machine, opcode: Opcode, length: number): void {
  checkFrame(m, m.offset + 1 + length + Math.max(m.skip, 0));
  m.inspection.trace?.(m.offset, opcode.name);
  opcode.run(m);
  m.started = true;
  if (m.outer && opcode.protocol > m.inspection.protocol) m.inspection.protocol = opcode.protocol;
  // After the opcode, since PROTO itself sets the protocol.
  if (opcode.protocol > m.protocol)
    throw malformed(m, `${opcode.name} is newer than protocol ${m.protocol}`);
}

/** PEP 3154: an opcode lies within one frame or outside of any. */
function checkFrame(m: Machine, end: number): void {
  if (m.offset === m.frameEnd) m.frameEnd = -1;
  demandWithinFrame(m, end);
}

/** Throws MLC3014 where something that began within a frame ends behind it. */
export function demandWithinFrame(m: Machine, end: number): void {
  if (m.frameEnd >= 0 && end > m.frameEnd)
    throw frameFault(m, 'an opcode goes over the end of its frame');
}

function surrender(m: Machine): Step {
  const { pending } = m;
  m.pending = undefined;
  if (pending?.kind === 'array') return { kind: 'array', wrapper: pending.wrapper };
  return { kind: 'stop', value: m.stack.pop() as Value };
}

/** Throws MLC3014 unless the frame, if there is one, ends at `offset`: loaders read what follows past the frame. */
export function demandFrameEnd(m: Machine, offset: number): void {
  if (m.frameEnd >= 0 && m.frameEnd !== offset)
    throw frameFault(m, 'a frame goes on behind its end');
  m.frameEnd = -1;
}

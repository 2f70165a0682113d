import { mlcError } from '@mlcontainer/plugin-kit';
import { atEnd, fill, offsetOf, skip, type Window } from '../bytes/window.ts';
import { readArray } from '../joblib/array.ts';
import { createMachine, malformed, type Inspection, type Machine } from './machine.ts';
import { demandFrameEnd, demandWithinFrame, run, type Step } from './step.ts';
import type { Value } from './values.ts';

/**
 * Walks one pickle from PROTO to STOP and gives the symbol of its value. `outer`: arrays of joblib may stand in it.
 * Throws MLC301x at the first fault that leaves the rest of the bytes without meaning.
 */
export async function walkPickle(
  inspection: Inspection,
  w: Window,
  outer: boolean,
): Promise<Value> {
  const m = createMachine(inspection, outer);
  for (;;) {
    const step = run(m, w);
    if (step.kind === 'stop') {
      demandFrameEnd(m, offsetOf(w));
      return step.value;
    }
    await serve(m, w, step);
  }
}

async function serve(m: Machine, w: Window, step: Exclude<Step, { kind: 'stop' }>): Promise<void> {
  if (step.kind === 'need') await demand(m, w, step.bytes);
  else if (step.kind === 'skip') await skipBytes(m, w, step.bytes);
  else if (step.kind === 'skip-line') await skipLine(m, w);
  else await array(m, w, step);
}

/** MLC3010: the file ends before the pickle does. */
async function demand(m: Machine, w: Window, count: number): Promise<void> {
  if (await fill(w, count)) return;
  throw mlcError('MLC3010', { file: m.inspection.file, offset: w.base + w.end });
}

async function skipBytes(m: Machine, w: Window, count: number): Promise<void> {
  if ((await skip(w, count)) === count) return;
  throw mlcError('MLC3010', { file: m.inspection.file, offset: w.base + w.end });
}

async function skipLine(m: Machine, w: Window): Promise<void> {
  for (;;) {
    const end = w.buffer.indexOf(10, w.pos);
    if (end >= 0 && end < w.end) {
      w.pos = end + 1;
      return demandWithinFrame(m, offsetOf(w));
    }
    w.pos = w.end;
    await demand(m, w, 1);
  }
}

/** joblib reads an array's bytes behind the frame, so the frame must end here, or two readers would see two files. */
async function array(m: Machine, w: Window, step: Extract<Step, { kind: 'array' }>): Promise<void> {
  if (!m.outer) throw malformed(m, 'an array of joblib stands in a nested pickle');
  demandFrameEnd(m, offsetOf(w));
  const value = await readArray(m, w, step.wrapper, (inner) =>
    walkPickle(m.inspection, inner, false),
  );
  m.stack.pop();
  m.stack.push(value);
}

/** Throws MLC3011 when bytes are left over. */
export async function demandEnd(inspection: Inspection, w: Window): Promise<void> {
  if (!(await atEnd(w))) throw mlcError('MLC3011', { file: inspection.file, offset: offsetOf(w) });
}

import { createInflate, createInflateRaw, crc32, type Inflate, type InflateRaw } from 'node:zlib';
import { fill, type Window } from '../bytes/window.ts';
import { byte, damaged, demandEnd, need, uint32, unsupported, type Compressed } from './fault.ts';

/** Fed at once: deflate makes at most 1032 bytes of one, so a step holds 8 MiB at the worst. */
const STEP = 8 * 1024;

/** The plain bytes of a zlib stream (RFC 1950); the Adler-32 is checked. */
export async function* zlib(from: Compressed): AsyncGenerator<Uint8Array, void, void> {
  yield* inflate(from, createInflate({ chunkSize: 64 * 1024 }));
  await demandEnd(from);
}

/** The plain bytes of a gzip file of one member (RFC 1952), as joblib writes it; CRC and size are checked. */
export async function* gzip(from: Compressed): AsyncGenerator<Uint8Array, void, void> {
  await readHeader(from);
  let crc = 0;
  let size = 0;
  for await (const chunk of inflate(from, createInflateRaw({ chunkSize: 64 * 1024 }))) {
    crc = crc32(chunk, crc);
    size = (size + chunk.length) >>> 0;
    yield chunk;
  }
  await need(from, 8);
  if (uint32(from.raw) !== crc) throw damaged(from, 'CRC-32 differs');
  if (uint32(from.raw) !== size) throw damaged(from, 'size differs');
  await demandEnd(from);
}

const FHCRC = 2;
const FEXTRA = 4;
const FNAME = 8;
const FCOMMENT = 16;

async function readHeader(from: Compressed): Promise<void> {
  const { raw } = from;
  await need(from, 10);
  raw.pos += 2;
  if (byte(raw) !== 8) throw unsupported(from, 'its method is not deflate');
  const flags = byte(raw);
  raw.pos += 6;
  if ((flags & ~(FHCRC | FEXTRA | FNAME | FCOMMENT | 1)) !== 0)
    throw unsupported(from, 'reserved flags are set');
  if ((flags & FEXTRA) !== 0) {
    await need(from, 2);
    const length = byte(raw) | (byte(raw) << 8);
    await need(from, length);
    raw.pos += length;
  }
  if ((flags & FNAME) !== 0) await skipText(from);
  if ((flags & FCOMMENT) !== 0) await skipText(from);
  if ((flags & FHCRC) !== 0) {
    await need(from, 2);
    raw.pos += 2;
  }
}

async function skipText(from: Compressed): Promise<void> {
  do await need(from, 1);
  while (byte(from.raw) !== 0);
}

/** Runs one stream through node's inflate and leaves the window exactly behind its last byte. */
async function* inflate(
  from: Compressed,
  engine: Inflate | InflateRaw,
): AsyncGenerator<Uint8Array, void, void> {
  const state = listen(engine);
  try {
    while (!state.ended) {
      if (await fill(from.raw, 1)) await write(engine, state, from.raw);
      else await finish(engine, state);
      yield* state.chunks.splice(0);
      if (state.error !== undefined) throw damaged(from, state.error.message);
    }
    yield* state.chunks.splice(0);
  } finally {
    engine.destroy();
  }
}

interface EngineState {
  readonly chunks: Uint8Array[];
  ended: boolean;
  error: Error | undefined;
  wake: () => void;
}

function listen(engine: Inflate | InflateRaw): EngineState {
  const state: EngineState = { chunks: [], ended: false, error: undefined, wake: () => undefined };
  engine.on('data', (chunk: Uint8Array) => state.chunks.push(chunk));
  engine.on('end', () => {
    state.ended = true;
    state.wake();
  });
  engine.on('error', (error) => {
    state.error = error;
    state.wake();
  });
  return state;
}

async function write(engine: Inflate | InflateRaw, state: EngineState, raw: Window): Promise<void> {
  const before = engine.bytesWritten;
  const chunk = raw.buffer.subarray(raw.pos, Math.min(raw.end, raw.pos + STEP));
  await new Promise<void>((resolve) => {
    state.wake = resolve;
    engine.write(chunk, () => resolve());
  });
  raw.pos += engine.bytesWritten - before;
}

async function finish(engine: Inflate | InflateRaw, state: EngineState): Promise<void> {
  await new Promise<void>((resolve) => {
    state.wake = resolve;
    engine.end();
  });
}

import { Readable } from 'node:stream';

import { StalledError } from './watchdog.ts';

export type Body = Uint8Array | (() => AsyncIterable<Uint8Array>);

/** What is written to the socket at a time; the server must take one such piece within the stall time. Bytes. */
const PIECE = 64 * 1024;
/** Up to this size a body is handed to the transport as a whole. */
const SMALL = 256 * 1024;

/** One sending of a body. */
export interface Upload {
  /** For the transport; null where there is nothing to send. */
  readonly body: Uint8Array | Readable | null;
  /** Headers that the body needs: its length, where that is known. */
  readonly headers: Readonly<Record<string, string>>;
  /** Aborted with a StalledError when the server takes nothing any more; undefined where that is not watched. */
  readonly signal: AbortSignal | undefined;
  /** Bytes handed to the transport so far. */
  readonly sent: () => number;
  /** What the source of the body threw. */
  readonly failure: () => { readonly cause: unknown } | undefined;
  /** Stops watching: an answer came, or none will. */
  readonly end: () => void;
}

/**
 * A body on its way. Only time in which the server takes nothing counts, not time that the source needs; the wait
 * for the answer is left to the transport's own timeout.
 */
export function startUpload(body: Body | undefined, stallMs: number): Upload {
  if (body === undefined) return wholeUpload(null);
  if (typeof body !== 'function' && body.byteLength <= SMALL) return wholeUpload(body);
  const known = typeof body === 'function' ? undefined : body.byteLength;
  const watch = createWatch(stallMs);
  let sent = 0;
  let failure: { cause: unknown } | undefined;
  const source = noting(typeof body === 'function' ? body() : [body], (cause) => {
    failure = { cause };
  });
  const counted = pieces(source, watch, (bytes) => {
    sent += bytes;
  });
  return {
    body: Readable.from(counted, { objectMode: false, highWaterMark: PIECE }),
    headers: known === undefined ? {} : { 'content-length': String(known) },
    signal: watch.signal,
    sent: () => sent,
    failure: () => failure,
    end: watch.end,
  };
}

function wholeUpload(body: Uint8Array | null): Upload {
  return {
    body,
    headers: {},
    signal: undefined,
    sent: () => body?.byteLength ?? 0,
    failure: () => undefined,
    end: () => undefined,
  };
}

/** Passes a source on and tells what it throws, which is nobody's network. */
async function* noting(
  source: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  note: (error: unknown) => void,
): AsyncGenerator<Uint8Array> {
  try {
    yield* source;
  } catch (error) {
    note(error);
    throw error;
  }
}

async function* pieces(
  source: AsyncIterable<Uint8Array>,
  watch: Watch,
  count: (bytes: number) => void,
): AsyncGenerator<Uint8Array> {
  try {
    for await (const chunk of source) {
      for (let start = 0; start < chunk.byteLength; start += PIECE) {
        const piece = chunk.subarray(start, start + PIECE);
        count(piece.byteLength);
        watch.start();
        yield piece;
        watch.stop();
      }
    }
  } finally {
    watch.stop();
  }
}

interface Watch {
  readonly signal: AbortSignal;
  start(): void;
  stop(): void;
  end(): void;
}

function createWatch(stallMs: number): Watch {
  const controller = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  let ended = false;
  const stop = (): void => clearTimeout(timer);
  return {
    signal: controller.signal,
    start: () => {
      stop();
      if (ended) return;
      timer = setTimeout(() => {
        controller.abort(new StalledError(`the server took nothing for ${stallMs} ms`));
      }, stallMs);
    },
    stop,
    end: () => {
      ended = true;
      stop();
    },
  };
}

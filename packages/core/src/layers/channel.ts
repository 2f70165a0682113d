import type { ByteStream } from '@mlcontainer/plugin-kit';

/** Turns pushes into a stream: `write` waits until its chunk was taken, so nothing piles up. */
export interface ByteChannel {
  write(chunk: Uint8Array): Promise<void>;
  /** The writer is done. */
  end(): void;
  /** The writer has failed; the reader gets the error. */
  fail(error: unknown): void;
  /** The reader is gone; the writer's present and next writes fail with the reason. */
  close(reason: unknown): void;
  readonly stream: ByteStream;
}

/** What a writer is told when its reader stopped for a reason of its own: the echo of another failure. */
export class ReaderGone extends Error {
  constructor() {
    super('the reader of this stream has stopped');
    this.name = 'ReaderGone';
  }
}

interface Waiting {
  readonly chunk: Uint8Array;
  readonly taken: () => void;
  readonly refused: (reason: unknown) => void;
}

interface ChannelState {
  waiting?: Waiting | undefined;
  wake?: (() => void) | undefined;
  ended: boolean;
  failure?: { readonly error: unknown };
  closed?: { readonly reason: unknown };
}

/** A channel for one writer, one write at a time, and one reader. */
export function byteChannel(): ByteChannel {
  const state: ChannelState = { ended: false };
  const wake = (): void => {
    state.wake?.();
    state.wake = undefined;
  };
  return {
    write: (chunk) => {
      if (state.closed !== undefined) return Promise.reject(asError(state.closed.reason));
      return new Promise((taken, refused) => {
        state.waiting = { chunk, taken, refused };
        wake();
      });
    },
    end: () => {
      state.ended = true;
      wake();
    },
    fail: (error) => {
      state.failure = { error };
      wake();
    },
    close: (reason) => close(state, reason),
    stream: read(state),
  };
}

async function* read(state: ChannelState): AsyncGenerator<Uint8Array> {
  try {
    for (;;) {
      if (state.failure !== undefined) throw state.failure.error;
      const { waiting } = state;
      if (waiting !== undefined) {
        yield waiting.chunk;
        state.waiting = undefined;
        waiting.taken();
      } else if (state.ended) return;
      else await new Promise<void>((resolve) => (state.wake = resolve));
    }
  } finally {
    close(state, new ReaderGone());
  }
}

function close(state: ChannelState, reason: unknown): void {
  state.closed ??= { reason };
  state.waiting?.refused(asError(reason));
  state.waiting = undefined;
}

function asError(reason: unknown): Error {
  return reason instanceof Error ? reason : new Error(String(reason));
}

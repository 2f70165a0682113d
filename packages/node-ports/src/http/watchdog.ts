import type { ByteStream, ClockPort } from '@mlcontainer/plugin-kit';

/** Slower than this over a whole stall time, a transfer counts as stalled. Bytes per second. */
const LEAST_RATE = 64;

/** A transfer that still trickles but will never end in useful time. */
export class StalledError extends Error {
  readonly code = 'STALLED';
}

/**
 * Passes a body on and throws where next to nothing arrives. Only time spent waiting for the server counts, not
 * time that the reader takes; a body without any byte is left to the transport's own timeout.
 */
export async function* watched(source: ByteStream, clock: ClockPort, stallMs: number): ByteStream {
  let waited = 0;
  let bytes = 0;
  let since = clock.monotonic();
  for await (const chunk of source) {
    waited += clock.monotonic() - since;
    bytes += chunk.byteLength;
    if (waited >= stallMs) {
      if (bytes < (LEAST_RATE * waited) / 1000)
        throw new StalledError(`${bytes} bytes in ${Math.round(waited)} ms`);
      waited = 0;
      bytes = 0;
    }
    yield chunk;
    since = clock.monotonic();
  }
}

import { mlcError, type ByteStream } from '@mlcontainer/plugin-kit';
import type { XzDecoder } from './xz-decoder.ts';

/** A decoder that holds more is let go after its file; what Debian packs takes 9 MiB. Bytes. */
const KEPT_MEMORY = 16 << 20;

// The decoder of this thread while nobody uses it: it keeps its memory from one file to the next.
let idle: XzDecoder | undefined;

/**
 * Decompresses a .xz file (The .xz File Format 1.2.1) with liblzma as WebAssembly: streams one after another with
 * padding between them, every check that `xz` writes, LZMA2 with up to 64 MiB of dictionary and the filters for x86
 * and ARM64 code. A chunk has at most 256 KiB and may be kept. `name` is for messages.
 *
 * Throws MLC4033 on damage and on truncation, and on what the format allows beyond that.
 */
export async function* xzDecompress(
  source: ByteStream,
  name: string,
): AsyncGenerator<Uint8Array, void> {
  const decoder = await takeDecoder();
  try {
    decoder.begin();
    for await (const chunk of source) yield* decodeChunk(decoder, chunk, name);
    yield* drain(decoder, true, name);
    const rest = decoder.take();
    if (rest.length > 0) yield rest;
  } finally {
    if (decoder.memory() <= KEPT_MEMORY) idle = decoder;
  }
}

async function takeDecoder(): Promise<XzDecoder> {
  const kept = idle;
  idle = undefined;
  if (kept !== undefined) return kept;
  // Loaded by who needs it: the module is 65 kB of text.
  const { createXzDecoder } = await import('./xz-decoder.ts');
  return createXzDecoder();
}

function* decodeChunk(
  decoder: XzDecoder,
  chunk: Uint8Array,
  name: string,
): Generator<Uint8Array, void> {
  for (let at = 0; at < chunk.length; at += decoder.inputSize) {
    decoder.feed(chunk.subarray(at, at + decoder.inputSize));
    yield* drain(decoder, false, name);
  }
}

/** Decodes what was fed and gives what is full; where a file ends or fails, the rest stays in the decoder. */
function* drain(decoder: XzDecoder, last: boolean, name: string): Generator<Uint8Array, void> {
  for (;;) {
    const state = decoder.decode(last);
    if (typeof state === 'object') throw mlcError('MLC4033', { name, detail: state.failure });
    if (state !== 'full') return;
    yield decoder.take();
  }
}

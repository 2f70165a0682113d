import { mlcError, type ByteStream } from '@mlcontainer/plugin-kit';

/**
 * Decompresses one .xz stream (The .xz File Format 1.2.1) with xz-embedded as WebAssembly: no native build, 8 MiB
 * of dictionary for what Debian packs. `name` is for messages. Throws MLC4033 on damage and on truncation.
 */
export async function* xzDecompress(
  source: ByteStream,
  name: string,
): AsyncGenerator<Uint8Array, void> {
  const failure: { cause?: Error } = {};
  // Loaded by who needs it, with the web streams that it stands on: 8 ms of every other command.
  const { default: xz } = await import('xz-decompress');
  const reader = new xz.XzReadableStream(inputOf(source, failure)).getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      if (value.length > 0) yield value;
    }
  } catch (cause) {
    // What the source threw (an abort, a broken disk) is no damage of the data.
    if (failure.cause !== undefined) throw failure.cause;
    throw mlcError(
      'MLC4033',
      { name, detail: cause instanceof Error ? cause.message : String(cause) },
      { cause },
    );
  } finally {
    // One decoder runs at a time in a thread; it is let go only when its stream ends or is cancelled.
    await reader.cancel().catch(() => undefined);
  }
}

/** Never an empty chunk: the decoder takes two of them in a row for the end. */
function inputOf(source: ByteStream, failure: { cause?: Error }): ReadableStream<Uint8Array> {
  const chunks = source[Symbol.asyncIterator]();
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        try {
          let next = await chunks.next();
          while (next.done !== true && next.value.length === 0) next = await chunks.next();
          if (next.done === true) controller.close();
          else controller.enqueue(next.value);
        } catch (cause) {
          failure.cause = cause as Error;
          controller.error(cause);
        }
      },
      async cancel() {
        await chunks.return?.();
      },
    },
    { highWaterMark: 0 },
  );
}

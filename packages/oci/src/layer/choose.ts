import { open } from 'node:fs/promises';
import { createDeflater } from './deflate.ts';

const SAMPLES = 16;
const SAMPLE_BYTES = 64 * 1024;
/** Compression pays when it saves at least a fifth: below that, unpacking costs more than the transfer saves. */
const PAYS_BELOW = 0.8;

/**
 * Whether compressing a model file pays, judged from 16 samples of 64 KiB that lie evenly over the file (the whole
 * file where it is smaller). The answer depends on the file's bytes alone.
 */
export async function chooseModelCompression(
  path: string,
  options: { readonly signal: AbortSignal },
): Promise<'none' | 'gzip-members'> {
  const deflater = createDeflater();
  const sample = new Uint8Array(SAMPLE_BYTES);
  const handle = await open(path, 'r');
  try {
    const { size } = await handle.stat();
    let read = 0;
    let compressed = 0;
    for (const at of sampleOffsets(size)) {
      options.signal.throwIfAborted();
      const { bytesRead } = await handle.read(sample, 0, SAMPLE_BYTES, at);
      deflater.input.set(sample.subarray(0, bytesRead));
      read += bytesRead;
      compressed += deflater.deflate(bytesRead, true).length;
    }
    return compressed < read * PAYS_BELOW ? 'gzip-members' : 'none';
  } finally {
    await handle.close();
  }
}

function sampleOffsets(size: number): number[] {
  const last = Math.max(0, size - SAMPLE_BYTES);
  const count = Math.min(SAMPLES, Math.ceil(size / SAMPLE_BYTES));
  return Array.from({ length: count }, (_, at) =>
    count === 1 ? 0 : Math.floor((last * at) / (count - 1)),
  );
}

import fc from 'fast-check';
import { expect, it } from 'vitest';

import { chunksOf } from './chunked.ts';

async function* stream(parts: readonly Uint8Array[]) {
  // One buffer for all parts, as some sources have it.
  const buffer = new Uint8Array(64);
  for (const part of parts) {
    buffer.set(part);
    yield buffer.subarray(0, part.byteLength);
  }
}

it('cuts any stream into chunks of one size, the last one shorter', async () => {
  const parts = fc.array(fc.uint8Array({ maxLength: 64 }), { maxLength: 12 });
  await fc.assert(
    fc.asyncProperty(parts, fc.integer({ min: 1, max: 100 }), async (given, size) => {
      const chunks: Buffer[] = [];
      for await (const chunk of chunksOf(stream(given), size)) chunks.push(Buffer.from(chunk));
      expect(Buffer.concat(chunks)).toEqual(Buffer.concat(given));
      expect(chunks.slice(0, -1).every(({ byteLength }) => byteLength === size)).toBe(true);
      expect(chunks.every(({ byteLength }) => byteLength > 0 && byteLength <= size)).toBe(true);
    }),
  );
});

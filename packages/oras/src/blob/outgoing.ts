import { mlcError, type ByteStream } from '@mlcontainer/plugin-kit';

import type { Content } from '../content.ts';

/** A content on its way out: every `body` begins anew, counts what it gives and keeps why the source failed. */
export interface Outgoing {
  body(): ByteStream;
  /** Bytes of all bodies together. */
  sent(): number;
  /** Counts bytes that were sent otherwise. */
  add(bytes: number): void;
  /** Throws what the source threw: no attempt of ours mends that. */
  throwSourceFailure(): void;
}

/** `name` is for MLC6521, thrown where the content has another size than its descriptor says. */
export function outgoing(
  content: Content,
  name: string,
  onProgress: ((sent: number) => void) | undefined,
): Outgoing {
  let total = 0;
  let failure: { readonly error: unknown } | undefined;
  return {
    async *body() {
      let given = 0;
      const source = checkedSize(content, name)[Symbol.asyncIterator]();
      try {
        for (;;) {
          // Only what the source throws is caught: a transport that breaks off throws at the yield.
          const next = await source.next().catch((error: unknown) => {
            failure = { error };
            throw error;
          });
          if (next.done === true) return;
          given += next.value.byteLength;
          total += next.value.byteLength;
          onProgress?.(given);
          yield next.value;
        }
      } finally {
        await source.return?.(undefined);
      }
    },
    sent: () => total,
    add: (bytes) => {
      total += bytes;
    },
    throwSourceFailure() {
      if (failure !== undefined) throw failure.error;
    },
  };
}

async function* checkedSize({ descriptor, open }: Content, name: string): ByteStream {
  const { digest, size } = descriptor;
  let seen = 0;
  for await (const chunk of open()) {
    seen += chunk.byteLength;
    if (seen > size) throw mlcError('MLC6521', { name, digest });
    if (chunk.byteLength > 0) yield chunk;
  }
  if (seen < size) throw mlcError('MLC6521', { name, digest });
}

/** Keeps the end of a stream of bytes in bounded memory. */
export interface Tail {
  push(chunk: Uint8Array): void;
  /** The last bytes as UTF-8; a character that was cut at the start is left out. */
  text(): string;
}

/** A tail of at most `limit` bytes. */
export function createTail(limit: number): Tail {
  let chunks: Uint8Array[] = [];
  let size = 0;
  let total = 0;
  const compact = (): Uint8Array => Buffer.concat(chunks).subarray(-limit);
  return {
    push(chunk) {
      chunks.push(chunk);
      size += chunk.byteLength;
      total += chunk.byteLength;
      if (size < 2 * limit) return;
      chunks = [compact()];
      size = limit;
    },
    text() {
      const bytes = compact();
      return new TextDecoder('utf-8', { ignoreBOM: true }).decode(
        total > limit ? bytes.subarray(characterStart(bytes)) : bytes,
      );
    },
  };
}

/** UTF-8 continuation bytes are 10xxxxxx (RFC 3629, section 3); at most three precede the next character. */
function characterStart(bytes: Uint8Array): number {
  let index = 0;
  while (index < 3 && ((bytes[index] ?? 0) & 0xc0) === 0x80) index += 1;
  return index;
}

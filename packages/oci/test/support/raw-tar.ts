/** Hand-made tar blocks, so that tests can write what no honest writer writes. */
export interface RawEntry {
  readonly name: string | Uint8Array;
  readonly flag?: string;
  readonly size?: string | number | Uint8Array;
  readonly mode?: number;
  readonly mtime?: string | number | Uint8Array;
  readonly linkName?: string;
  readonly prefix?: string;
  readonly magic?: string;
  readonly body?: string | Uint8Array;
  /** Patches the block before its checksum is computed. */
  readonly patch?: (block: Uint8Array) => void;
  readonly checksum?: number;
}

const latin = (text: string): Uint8Array => Buffer.from(text, 'latin1');

function put(block: Uint8Array, at: number, value: string | Uint8Array): void {
  block.set(typeof value === 'string' ? Buffer.from(value, 'utf8') : value, at);
}

function field(value: string | number | Uint8Array, width: number): string | Uint8Array {
  return typeof value === 'number' ? `${value.toString(8).padStart(width - 1, '0')}\0` : value;
}

/** One header block with body and padding. */
export function rawEntry(entry: RawEntry): Uint8Array {
  const body =
    typeof entry.body === 'string' ? Buffer.from(entry.body) : (entry.body ?? new Uint8Array(0));
  const block = new Uint8Array(512);
  put(block, 0, entry.name);
  put(block, 100, field(entry.mode ?? 0o644, 8));
  put(block, 108, field(0, 8));
  put(block, 116, field(0, 8));
  put(block, 124, field(entry.size ?? body.length, 12));
  put(block, 136, field(entry.mtime ?? 0, 12));
  put(block, 156, entry.flag ?? '0');
  put(block, 157, entry.linkName ?? '');
  put(block, 257, latin(entry.magic ?? 'ustar\u000000'));
  put(block, 345, entry.prefix ?? '');
  entry.patch?.(block);
  block.set(latin('        '), 148);
  const sum = entry.checksum ?? block.reduce((total, byte) => total + byte, 0);
  put(block, 148, `${sum.toString(8).padStart(6, '0')}\0 `);
  return Buffer.concat([block, body, new Uint8Array((512 - (body.length % 512)) % 512)]);
}

export const END = new Uint8Array(1024);

/** A whole archive. */
export function rawTar(...entries: readonly (RawEntry | Uint8Array)[]): Uint8Array {
  return Buffer.concat([
    ...entries.map((entry) => (entry instanceof Uint8Array ? entry : rawEntry(entry))),
    END,
  ]);
}

/** One PAX record with its length. */
export function paxRecord(key: string, value: string | Uint8Array): Uint8Array {
  const rest = Buffer.concat([Buffer.from(` ${key}=`), Buffer.from(value), Buffer.from('\n')]);
  let length = rest.length + 1;
  while (String(length).length + rest.length !== length) length += 1;
  return Buffer.concat([Buffer.from(String(length)), rest]);
}

/** A PAX header for the next entry. */
export function pax(records: Readonly<Record<string, string>>, flag = 'x'): RawEntry {
  const body = Buffer.concat(Object.entries(records).map(([key, value]) => paxRecord(key, value)));
  return { name: 'PaxHeaders/x', flag, body };
}

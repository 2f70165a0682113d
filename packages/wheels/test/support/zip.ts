import { crc32, deflateRawSync } from 'node:zlib';

/** A member for `buildZip`; any field of either header can be forged. */
export interface Member {
  readonly name: string;
  readonly content?: string | Uint8Array;
  readonly stored?: boolean;
  readonly mode?: number;
  /** Write the data descriptor in this form and leave the local header empty. */
  readonly descriptor?: 12 | 16 | 20 | 24;
  readonly local?: Forged;
  readonly central?: Forged;
  /** Bytes between this member's data and the next header. */
  readonly gap?: number;
  /** Replaces the compressed bytes; sizes and CRC stay those of the content. */
  readonly data?: Uint8Array;
}

export interface Forged {
  readonly name?: Uint8Array;
  readonly flags?: number;
  readonly method?: number;
  readonly crc32?: number;
  readonly compressedSize?: number;
  readonly size?: number;
  readonly extra?: Uint8Array;
  readonly offset?: number;
  readonly external?: number;
  readonly signature?: number;
  readonly comment?: Uint8Array;
}

export interface ZipShape {
  readonly prefix?: Uint8Array;
  readonly suffix?: Uint8Array;
  readonly comment?: Uint8Array;
  /** Members left out of the central directory. */
  readonly hidden?: readonly string[];
  /** Entries counted in the end record. */
  readonly count?: number;
  readonly centralOffset?: number;
  readonly centralSize?: number;
  /** Bytes between central directory and end record. */
  readonly beforeEnd?: Uint8Array;
  /** Write ZIP64 end records. */
  readonly zip64?: boolean | { readonly count?: number; readonly locator?: number };
}

interface Prepared {
  readonly member: Member;
  readonly name: Buffer;
  readonly data: Buffer;
  readonly crc: number;
  readonly size: number;
  readonly method: number;
  readonly flags: number;
}

function prepare(member: Member): Prepared {
  const content = Buffer.from(member.content ?? '');
  const stored = member.stored ?? content.length === 0;
  const name = Buffer.from(member.name);
  const ascii = name.every((byte) => byte < 0x80);
  return {
    member,
    name,
    data: Buffer.from(member.data ?? (stored ? content : deflateRawSync(content))),
    crc: crc32(content),
    size: content.length,
    method: stored ? 0 : 8,
    flags: (ascii ? 0 : 0x800) | (member.descriptor ? 0x8 : 0),
  };
}

function localHeader(p: Prepared): Buffer {
  const f = p.member.local ?? {};
  const streamed = p.member.descriptor !== undefined;
  const name = Buffer.from(f.name ?? p.name);
  const extra = Buffer.from(f.extra ?? '');
  const head = Buffer.alloc(30);
  head.writeUInt32LE(f.signature ?? 0x04034b50, 0);
  head.writeUInt16LE(20, 4);
  head.writeUInt16LE(f.flags ?? p.flags, 6);
  head.writeUInt16LE(f.method ?? p.method, 8);
  head.writeUInt32LE(f.crc32 ?? (streamed ? 0 : p.crc), 14);
  head.writeUInt32LE(f.compressedSize ?? (streamed ? 0 : p.data.length), 18);
  head.writeUInt32LE(f.size ?? (streamed ? 0 : p.size), 22);
  head.writeUInt16LE(name.length, 26);
  head.writeUInt16LE(extra.length, 28);
  return Buffer.concat([head, name, extra]);
}

function descriptor(p: Prepared): Buffer {
  const form = p.member.descriptor;
  if (form === undefined) return Buffer.alloc(0);
  const wide = form >= 20;
  const body = Buffer.alloc(wide ? 20 : 12);
  body.writeUInt32LE(p.crc, 0);
  if (wide) {
    body.writeBigUInt64LE(BigInt(p.data.length), 4);
    body.writeBigUInt64LE(BigInt(p.size), 12);
  } else {
    body.writeUInt32LE(p.data.length, 4);
    body.writeUInt32LE(p.size, 8);
  }
  const signature = Buffer.from([0x50, 0x4b, 7, 8]);
  return form === 16 || form === 24 ? Buffer.concat([signature, body]) : body;
}

function externalOf(member: Member): number {
  const directory = member.name.endsWith('/');
  const mode = member.mode ?? (directory ? 0o040755 : 0o100644);
  return ((mode << 16) | (directory ? 0x10 : 0)) >>> 0;
}

function centralHeader(p: Prepared, offset: number): Buffer {
  const f = p.member.central ?? {};
  const name = Buffer.from(f.name ?? p.name);
  const extra = Buffer.from(f.extra ?? '');
  const comment = Buffer.from(f.comment ?? '');
  const head = Buffer.alloc(46);
  head.writeUInt32LE(f.signature ?? 0x02014b50, 0);
  head.writeUInt16LE((3 << 8) | 20, 4);
  head.writeUInt16LE(20, 6);
  head.writeUInt16LE(f.flags ?? p.flags, 8);
  head.writeUInt16LE(f.method ?? p.method, 10);
  head.writeUInt32LE(f.crc32 ?? p.crc, 16);
  head.writeUInt32LE(f.compressedSize ?? p.data.length, 20);
  head.writeUInt32LE(f.size ?? p.size, 24);
  head.writeUInt16LE(name.length, 28);
  head.writeUInt16LE(extra.length, 30);
  head.writeUInt16LE(comment.length, 32);
  head.writeUInt32LE(f.external ?? externalOf(p.member), 38);
  head.writeUInt32LE(f.offset ?? offset, 42);
  return Buffer.concat([head, name, extra, comment]);
}

function endRecords(shape: ZipShape, count: number, size: number, offset: number): Buffer {
  const comment = Buffer.from(shape.comment ?? '');
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(shape.zip64 ? 0xffff : count, 8);
  end.writeUInt16LE(shape.zip64 ? 0xffff : count, 10);
  end.writeUInt32LE(shape.zip64 ? 0xffffffff : size, 12);
  end.writeUInt32LE(shape.zip64 ? 0xffffffff : offset, 16);
  end.writeUInt16LE(comment.length, 20);
  if (!shape.zip64) return Buffer.concat([end, comment]);
  const forged = shape.zip64 === true ? {} : shape.zip64;
  const record = Buffer.alloc(56);
  record.writeUInt32LE(0x06064b50, 0);
  record.writeBigUInt64LE(44n, 4);
  record.writeBigUInt64LE(BigInt(forged.count ?? count), 24);
  record.writeBigUInt64LE(BigInt(forged.count ?? count), 32);
  record.writeBigUInt64LE(BigInt(size), 40);
  record.writeBigUInt64LE(BigInt(offset), 48);
  const locator = Buffer.alloc(20);
  locator.writeUInt32LE(0x07064b50, 0);
  locator.writeBigUInt64LE(BigInt(forged.locator ?? offset + size), 8);
  locator.writeUInt32LE(1, 16);
  return Buffer.concat([record, locator, end, comment]);
}

/** A zip archive of these members, with whatever is forged. */
export function buildZip(members: readonly Member[], shape: ZipShape = {}): Buffer {
  const parts: Buffer[] = [Buffer.from(shape.prefix ?? '')];
  const central: Buffer[] = [];
  let at = parts[0]?.length ?? 0;
  for (const p of members.map(prepare)) {
    if (!shape.hidden?.includes(p.member.name)) central.push(centralHeader(p, at));
    const piece = Buffer.concat([
      localHeader(p),
      p.data,
      descriptor(p),
      Buffer.alloc(p.member.gap ?? 0),
    ]);
    parts.push(piece);
    at += piece.length;
  }
  const directory = Buffer.concat(central);
  const end = endRecords(
    shape,
    shape.count ?? central.length,
    shape.centralSize ?? directory.length,
    shape.centralOffset ?? at,
  );
  return Buffer.concat([
    ...parts,
    directory,
    Buffer.from(shape.beforeEnd ?? ''),
    end,
    Buffer.from(shape.suffix ?? ''),
  ]);
}

import type { FileHandle } from 'node:fs/promises';
import { mlcError } from '@mlcontainer/plugin-kit';

/** A member of an ar archive. */
export interface ArMember {
  readonly name: string;
  /** Where its bytes begin in the file. */
  readonly offset: number;
  /** Bytes. */
  readonly size: number;
}

const MAGIC = '!<arch>\n';
const HEADER = 60;
/** A package has three members; more than a few is no package. */
const MEMBER_LIMIT = 16;

/**
 * Lists the members of an ar archive as Debian packages use it (deb(5)): short names, no symbol table, no
 * extensions. `name` is for messages. Throws MLC4030.
 */
export async function readArMembers(file: FileHandle, name: string): Promise<ArMember[]> {
  const { size } = await file.stat();
  if ((await readText(file, 0, MAGIC.length)) !== MAGIC) throw damaged(name, 'no ar archive');
  const members: ArMember[] = [];
  let at = MAGIC.length;
  while (at < size) {
    const member = parseHeader(await readText(file, at, HEADER), at + HEADER, name);
    if (member.offset + member.size > size)
      throw damaged(name, `${member.name} ends behind the file`);
    members.push(member);
    if (members.length > MEMBER_LIMIT) throw damaged(name, `more than ${MEMBER_LIMIT} members`);
    // Members begin at even offsets.
    at = member.offset + member.size + (member.size % 2);
  }
  return members;
}

function parseHeader(header: string, offset: number, deb: string): ArMember {
  const name = header.slice(0, 16).trimEnd().replace(/\/$/, '');
  const size = header.slice(48, 58).trimEnd();
  if (header.length < HEADER || header.slice(58) !== '`\n')
    throw damaged(deb, `no member header before byte ${offset}`);
  if (!/^[!-.0-~]+$/.test(name)) throw damaged(deb, `the member name ${JSON.stringify(name)}`);
  if (!/^\d{1,10}$/.test(size)) throw damaged(deb, `the size of ${name}`);
  return { name, offset, size: Number(size) };
}

async function readText(file: FileHandle, position: number, length: number): Promise<string> {
  const buffer = Buffer.alloc(length);
  const { bytesRead } = await file.read(buffer, 0, length, position);
  return buffer.toString('latin1', 0, bytesRead);
}

function damaged(deb: string, detail: string): Error {
  return mlcError('MLC4030', { deb, detail });
}

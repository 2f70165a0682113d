import type { ZipMember } from '../zip/archive.ts';
import { pathProblem } from '../zip/name.ts';
import { parseCsv } from './csv.ts';
import { recordFault } from './fault.ts';

/** What RECORD promises of one file. */
export interface FileHash {
  readonly algorithm: 'sha256' | 'sha384' | 'sha512';
  /** Hex. */
  readonly digest: string;
}

const DIGEST_BYTES: Readonly<Record<string, number>> = { sha256: 32, sha384: 48, sha512: 64 };

interface Row {
  readonly hash: string;
  readonly size: string;
}

/**
 * Reads RECORD and holds it against the archive both ways: every file is listed once with a strong hash and, where
 * it is given, the right size; every line has its file (binary distribution format, "The .dist-info directory" and
 * "Installing a wheel": an installer fails on anything else). The hashes themselves are checked while content is
 * read. Throws MLC5032.
 */
export function readRecord(
  file: string,
  recordPath: string,
  text: string,
  members: readonly ZipMember[],
): ReadonlyMap<string, FileHash> {
  const rows = readRows(file, recordPath, text);
  const exempt = new Set([recordPath, `${recordPath}.jws`, `${recordPath}.p7s`]);
  const hashes = new Map<string, FileHash>();
  const present = new Set<string>();
  for (const member of members) {
    if (member.directory) continue;
    present.add(member.name);
    if (exempt.has(member.name)) continue;
    const row = rows.get(member.name);
    if (!row) throw recordFault(file, member.name, 'unlisted', 'RECORD does not list it');
    if (row.size !== '' && row.size !== String(member.size)) {
      throw recordFault(
        file,
        member.name,
        'size',
        `RECORD says ${row.size} bytes, it has ${member.size}`,
      );
    }
    hashes.set(member.name, readHash(file, member.name, row.hash));
  }
  for (const path of rows.keys()) {
    if (!present.has(path))
      throw recordFault(file, path, 'absent', 'RECORD lists it, the wheel lacks it');
  }
  return hashes;
}

function readRows(file: string, recordPath: string, text: string): Map<string, Row> {
  const parsed = parseCsv(text);
  if (!parsed) throw recordFault(file, recordPath, 'form', 'it is not a comma-separated file');
  const rows = new Map<string, Row>();
  for (const fields of parsed) {
    const [path = '', hash = '', size = ''] = fields;
    if (fields.length !== 3) throw recordFault(file, path, 'form', 'its line has not three fields');
    const problem = pathProblem(path);
    if (problem) throw recordFault(file, path, 'path', `the path ${problem}`);
    if (rows.has(path)) throw recordFault(file, path, 'duplicate', 'RECORD lists it twice');
    rows.set(path, { hash, size });
  }
  return rows;
}

function readHash(file: string, path: string, text: string): FileHash {
  if (text === '') throw recordFault(file, path, 'no-hash', 'RECORD has no hash for it');
  const [algorithm = '', digest = ''] = text.split(/=(.*)/s);
  const length = DIGEST_BYTES[algorithm];
  if (length === undefined) {
    throw recordFault(
      file,
      path,
      'weak-hash',
      `RECORD hashes it with ${JSON.stringify(algorithm)}, not SHA-2`,
    );
  }
  const bytes = Buffer.from(digest, 'base64url');
  if (!/^[\w-]+={0,2}$/.test(digest) || bytes.length !== length) {
    throw recordFault(file, path, 'form', 'its hash is not URL-safe base64 of the right length');
  }
  return { algorithm: algorithm as FileHash['algorithm'], digest: bytes.toString('hex') };
}

import { createHash } from 'node:crypto';
import { relative } from 'node:path/posix';
import { formatCsvRow } from '../wheel/csv.ts';

/** One line of the RECORD that is laid into the image. */
export interface RecordRow {
  /** Path in the image, without leading slash. */
  readonly path: string;
  /** `sha256=…`, or empty for what is not hashed (bytecode, RECORD itself). */
  readonly hash: string;
  readonly size: string;
}

/** A row with the hash as RECORD writes it: URL-safe base64 without padding. */
export function hashedRow(path: string, algorithm: string, hex: string, size: number): RecordRow {
  const digest = Buffer.from(hex, 'hex').toString('base64url');
  return { path, hash: `${algorithm}=${digest}`, size: String(size) };
}

/** A row for bytes that we made. */
export function rowOf(path: string, bytes: Uint8Array): RecordRow {
  return hashedRow(path, 'sha256', createHash('sha256').update(bytes).digest('hex'), bytes.length);
}

/**
 * RECORD of what is really installed ("Recording installed projects"): paths relative to site-packages, sorted,
 * bytecode without hash as pip writes it.
 */
export function formatRecord(site: string, rows: readonly RecordRow[]): Uint8Array {
  const lines = rows
    .map((row) => ({ ...row, path: fromSite(site, row.path) }))
    .sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0))
    .map((row) => `${formatCsvRow([row.path, row.hash, row.size])}\n`);
  return Buffer.from(lines.join(''));
}

/** Relative to site-packages, below which nearly all of it lies. */
function fromSite(site: string, path: string): string {
  return path.startsWith(`${site}/`)
    ? path.slice(site.length + 1)
    : relative(`/${site}`, `/${path}`);
}

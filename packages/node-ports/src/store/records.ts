import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';

import { readEntry, writeAll } from './files.ts';
import { touch } from './last-use.ts';
import { isContained, type Layout } from './layout.ts';

const LIMIT = 64 * 1024 * 1024;

/** The text of a record: its SHA-256 on the first line, then JSON that repeats kind and key, so that a file in the wrong place is a miss. */
export function recordText(kind: string, key: string, value: unknown): string {
  const body = JSON.stringify({ kind, key, value });
  return `${sum(body)}\n${body}\n`;
}

/** The value of a record's text; undefined where anything about it is wrong. */
export function parseRecord(kind: string, key: string, text: string): unknown {
  const [head, body, rest] = text.split('\n');
  if (head === undefined || body === undefined || rest !== '' || sum(body) !== head)
    return undefined;
  const parsed = JSON.parse(body) as { kind: unknown; key: unknown; value: unknown };
  return parsed.kind === kind && parsed.key === key ? parsed.value : undefined;
}

function sum(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/** The value of a record; undefined where it is missing, damaged or not a plain file. */
export async function findRecord(layout: Layout, kind: string, key: string): Promise<unknown> {
  const segments = layout.record(kind, key);
  try {
    const entry = readEntry(layout.path(segments), LIMIT);
    if (entry === undefined || !isContained(layout, segments)) return undefined;
    const value = parseRecord(kind, key, entry.bytes.toString('utf8'));
    if (value !== undefined) await touch(layout.path(segments), Number(entry.stats.mtimeMs));
    return value;
  } catch {
    return undefined;
  }
}

/**
 * Writes a record's temporary file. It is not synced: a record torn by a power cut fails its checksum, which is
 * a miss, and the blobs that it names were synced before it.
 */
export async function writeRecordFile(path: string, text: string): Promise<void> {
  const handle = await open(path, 'wx', 0o444);
  try {
    await writeAll(handle, Buffer.from(text), 0);
  } finally {
    await handle.close();
  }
}

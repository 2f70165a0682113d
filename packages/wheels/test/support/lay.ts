import { mkdirSync, writeFileSync } from 'node:fs';
import { inflateRawSync } from 'node:zlib';
import type { Content, Entry } from '@mlcontainer/oci';
import { join } from 'node:path';

/** The bytes of a content. */
export async function bytesOf(content: Content): Promise<Buffer> {
  if (content.kind === 'bytes') return Buffer.from(content.bytes);
  const chunks: Uint8Array[] = [];
  for await (const chunk of content.open()) chunks.push(chunk);
  const all = Buffer.concat(chunks);
  return content.kind === 'deflated' ? inflateRawSync(all) : all;
}

/** A laid file or directory. */
export interface Laid {
  readonly mode: number;
  readonly text?: string;
}

/** Everything that entries say, by path. */
export async function layInMemory(entries: AsyncIterable<Entry>): Promise<Map<string, Laid>> {
  const laid = new Map<string, Laid>();
  for await (const entry of entries) {
    if (entry.type === 'directory') laid.set(`${entry.path}/`, { mode: entry.mode });
    else if (entry.type === 'file') {
      laid.set(entry.path, {
        mode: entry.mode,
        text: (await bytesOf(entry.content)).toString('latin1'),
      });
    } else throw new Error(`a wheel gives no ${entry.type}`);
  }
  return laid;
}

/** Writes entries below a folder. */
export async function layOnDisk(entries: AsyncIterable<Entry>, root: string): Promise<void> {
  for await (const entry of entries) {
    const path = join(root, entry.path);
    if (entry.type === 'directory') mkdirSync(path, { recursive: true });
    else if (entry.type === 'file')
      writeFileSync(path, await bytesOf(entry.content), { mode: entry.mode });
  }
}

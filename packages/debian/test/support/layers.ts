import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { writeLayer, type Entry } from '@mlcontainer/oci';
import { expect } from 'vitest';
import type { LockedDeb } from '../../src/lock.ts';
import {
  debianLayerEntries,
  type DebianLayer,
  type FetchedDeb,
  type LayerContext,
} from '../../src/rootfs/layer.ts';
import { tempFolder } from './host.ts';
import { makeDeb, type DebSpec } from './make-deb.ts';
import { writeRawDeb, type RawEntry } from './raw-deb.ts';

const folder = tempFolder();
export const signal = AbortSignal.timeout(60_000);

function fetched(path: string, name: string, version = '1.0'): FetchedDeb {
  const sha256 = createHash('sha256').update(readFileSync(path)).digest('hex');
  const deb: LockedDeb = {
    name,
    version,
    architecture: 'amd64',
    archive: 'debian',
    file: `pool/${name}.deb`,
    sha256,
    size: 1,
    group: 'extra',
    requiredBy: [],
  };
  return { deb, path };
}

/** A package made with dpkg-deb, as if it was fetched. */
export function made(spec: DebSpec): FetchedDeb {
  return fetched(makeDeb(folder, spec), spec.name, spec.version);
}

let count = 0;
/** A package with a hand-made archive, as if it was fetched. */
export function raw(entries: readonly RawEntry[], name = 'evil'): FetchedDeb {
  count += 1;
  return fetched(writeRawDeb(join(folder, `raw${count}.deb`), name, entries), name);
}

/** A layer of packages. */
export function layerOf(debs: readonly FetchedDeb[], more: Partial<DebianLayer> = {}): DebianLayer {
  return { group: 'extra', suite: 'bookworm', architecture: 'amd64', debs, ...more };
}

/** Path → what stands there, read through. */
export async function listing(
  layer: DebianLayer,
  cx: Partial<LayerContext> = {},
): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  for await (const entry of debianLayerEntries(layer, { signal, ...cx })) {
    expect(found.has(entry.path)).toBe(false);
    found.set(entry.path, await textOf(entry));
  }
  return found;
}

async function textOf(entry: Entry): Promise<string> {
  const mode = entry.mode.toString(8);
  if (entry.type === 'directory') return `dir ${mode}`;
  if (entry.type !== 'file') return `${entry.type === 'symlink' ? '->' : '=>'}${entry.target}`;
  if (entry.content.kind === 'bytes')
    return `${mode} ${Buffer.from(entry.content.bytes).toString()}`;
  const chunks = [];
  for await (const chunk of entry.content.open()) chunks.push(Buffer.from(chunk));
  return `${mode} ${Buffer.concat(chunks).toString()}`;
}

/** The digest of a layer. */
export async function digest(layer: DebianLayer): Promise<string> {
  const options = { compression: 'none', signal } as const;
  return (await writeLayer(debianLayerEntries(layer, { signal }), () => undefined, options)).digest;
}

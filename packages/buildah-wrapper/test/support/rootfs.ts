import { execFileSync } from 'node:child_process';
import { readFileSync, realpathSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { withParents, writeLayer, type Entry, type LayerCompression } from '@mlcontainer/oci';
import type { LowerLayer } from '../../src/lower.ts';

const PROGRAMS = ['sh', 'cat', 'ls', 'mkdir', 'rm', 'ln', 'chmod', 'chown', 'touch', 'id', 'env'];
const MORE = ['sleep', 'mknod', 'mkfifo', 'mv', 'cp', 'date', 'bash', 'hostname', 'setcap', 'sort'];

export function file(path: string, text: string | Uint8Array, mode = 0o644): Entry {
  return { type: 'file', path, mode, content: { kind: 'bytes', bytes: Buffer.from(text) } };
}

/** A shell and some programs with their libraries, from this machine. */
export function hostEntries(): Entry[] {
  const programs = [...PROGRAMS, ...MORE].flatMap((name) => {
    const found = ['/usr/bin', '/usr/sbin', '/bin', '/sbin'].map((folder) => join(folder, name));
    const path = found.find((one) => readable(one));
    return path === undefined ? [] : [{ name, path }];
  });
  const libraries = new Map<string, string>();
  for (const { path } of programs) {
    const linked = execFileSync('sh', ['-c', 'ldd "$1" || :', 'sh', path], { encoding: 'utf8' });
    for (const [, library = ''] of linked.matchAll(/(\/\S+\.so\S*)/g)) {
      const place = library.startsWith('/usr') ? library.slice(1) : `usr${library}`;
      libraries.set(place, realpathSync(library));
    }
  }
  return [
    ...['bin', 'lib', 'lib64', 'sbin'].map((path): Entry => ({
      type: 'symlink',
      path,
      mode: 0o777,
      target: `usr/${path}`,
    })),
    ...programs.map(({ name, path }) => file(`usr/bin/${name}`, readFileSync(path), 0o755)),
    ...[...libraries].map(([place, path]) => file(place, readFileSync(path), 0o755)),
    file('etc/passwd', 'root:x:0:0:root:/root:/bin/sh\n'),
    file('etc/hosts', '127.0.0.1\tlocalhost\n'),
    { type: 'directory', path: 'tmp', mode: 0o1777 },
    { type: 'directory', path: 'root', mode: 0o700 },
  ];
}

function readable(path: string): boolean {
  try {
    return readFileSync(path).length > 0;
  } catch {
    return false;
  }
}

let count = 0;

/** Entries as a layer in a file. */
export async function layerOf(
  folder: string,
  entries: readonly Entry[],
  compression: LayerCompression = 'gzip-members',
): Promise<LowerLayer> {
  count += 1;
  const path = join(folder, `${basename(folder)}-layer-${count}`);
  const parts: Uint8Array[] = [];
  const sorted = withParents(entries.toSorted((a, b) => (a.path < b.path ? -1 : 1)));
  const written = await writeLayer(sorted, (part) => void parts.push(Uint8Array.from(part)), {
    compression,
    signal: new AbortController().signal,
    allowWhiteouts: true,
  });
  writeFileSync(path, Buffer.concat(parts));
  const { mediaType, digest, diffId, size } = written;
  return { path, mediaType, digest, diffId, size };
}

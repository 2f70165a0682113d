import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { host } from './host.ts';

/** A package to make with dpkg-deb. */
export interface DebSpec {
  readonly name: string;
  readonly version?: string;
  readonly architecture?: string;
  /** More fields of `control`. */
  readonly fields?: Readonly<Record<string, string>>;
  /** Path → content, or `->target` for a symbolic link. */
  readonly files?: Readonly<Record<string, string>>;
  /** Names of `files` with another mode than 0644. */
  readonly modes?: Readonly<Record<string, number>>;
  readonly scripts?: Readonly<Record<string, string>>;
  /** As `dpkg-deb -Z` has it. */
  readonly compression?: 'xz' | 'gzip' | 'zstd' | 'none';
}

/** Makes a package below a folder; gives its path. */
export function makeDeb(folder: string, spec: DebSpec): string {
  const { name, version = '1.0', architecture = 'amd64' } = spec;
  const tree = join(folder, `tree-${name}-${version}-${architecture}`);
  mkdirSync(join(tree, 'DEBIAN'), { recursive: true });
  const fields = {
    Package: name,
    Version: version,
    Architecture: architecture,
    Maintainer: 'Nobody <nobody@example.org>',
    ...spec.fields,
    Description: 'made by a test',
  };
  const control = Object.entries(fields).map(([field, value]) => `${field}: ${value}\n`);
  writeFileSync(join(tree, 'DEBIAN/control'), control.join(''));
  for (const [script, text] of Object.entries(spec.scripts ?? {})) {
    writeFileSync(join(tree, 'DEBIAN', script), text, { mode: 0o755 });
  }
  for (const [path, content] of Object.entries(spec.files ?? {}))
    place(tree, path, content, spec.modes?.[path]);
  const file = join(folder, `${name}_${version.replace(/^\d+:/, '')}_${architecture}.deb`);
  const args = ['--root-owner-group', `-Z${spec.compression ?? 'xz'}`, '--build', tree, file];
  host('dpkg-deb', args, { env: { SOURCE_DATE_EPOCH: '1700000000' } });
  return file;
}

function place(tree: string, path: string, content: string, mode = 0o644): void {
  const at = join(tree, path);
  mkdirSync(dirname(at), { recursive: true });
  if (content.startsWith('->')) symlinkSync(content.slice(2), at);
  else {
    writeFileSync(at, content);
    chmodSync(at, mode);
  }
}

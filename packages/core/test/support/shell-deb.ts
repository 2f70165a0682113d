import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, mkdirSync, readFileSync, realpathSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { LockedDeb } from '@mlcontainer/debian';
import type { Ports } from '@mlcontainer/plugin-kit';

/** What a package is to be. */
export interface DebSpec {
  readonly name: string;
  readonly group: LockedDeb['group'];
  /** Of this machine, with their libraries. */
  readonly programs: readonly string[];
}

/** A shell and what the tests' lines are made of. */
export const SHELL: DebSpec = {
  name: 'shell',
  group: 'extra',
  programs: ['sh', 'cat', 'date', 'mkdir'],
};

/** A package with programs of this machine, in the store; Debian's own tools make it. */
export async function hostDeb(ports: Ports, folder: string, spec: DebSpec): Promise<LockedDeb> {
  const { name, group, programs } = spec;
  const tree = join(folder, name);
  mkdirSync(join(tree, 'DEBIAN'), { recursive: true });
  for (const program of programs) copy(tree, `/usr/bin/${program}`);
  const architecture = process.arch === 'arm64' ? 'arm64' : 'amd64';
  const control = `Package: ${name}\nVersion: 1.0\nArchitecture: ${architecture}\nMaintainer: A <a@example.com>\nDescription: a shell\n`;
  writeFileSync(join(tree, 'DEBIAN/control'), control);
  const file = join(folder, `${name}.deb`);
  // The same bytes in every world.
  const env = { ...process.env, SOURCE_DATE_EPOCH: '0' };
  execFileSync('dpkg-deb', ['--root-owner-group', '--build', tree, file], { env });
  const bytes = readFileSync(file);
  await ports.store.put(
    (async function* () {
      yield await Promise.resolve(bytes);
    })(),
  );
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  const locked = { name, version: '1.0', architecture, archive: 'debian' } as const;
  return {
    ...locked,
    file: `pool/${name}.deb`,
    sha256,
    size: bytes.length,
    group,
    requiredBy: [],
  };
}

function copy(tree: string, program: string): void {
  const linked = execFileSync('ldd', [program], { encoding: 'utf8' });
  const libraries = [...linked.matchAll(/(\/\S+\.so\S*)/g)].map(([, path = '']) => path);
  for (const path of [program, ...libraries]) {
    const place = join(tree, path.startsWith('/usr') ? path : `usr${path}`);
    mkdirSync(dirname(place), { recursive: true });
    cpSync(realpathSync(path), place);
  }
}

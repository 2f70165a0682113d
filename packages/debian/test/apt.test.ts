import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { solve, type Root } from '../src/resolve/solve.ts';
import { host, tempFolder } from './support/host.ts';
import { paragraph, pool, type Fields } from './support/index-text.ts';

const folder = tempFolder();

/** What `apt-get -s install` would install from an index, by name and version; undefined when it refuses. */
function aptChoice(index: string, names: readonly string[]): string[] | undefined {
  const dirs = ['repo', 'state/lists/partial', 'cache/archives/partial', 'etc'];
  for (const dir of dirs) mkdirSync(join(folder, dir), { recursive: true });
  writeFileSync(join(folder, 'repo/Packages'), index);
  writeFileSync(join(folder, 'etc/sources.list'), `deb [trusted=yes] file:${folder}/repo ./\n`);
  writeFileSync(join(folder, 'state/status'), '');
  const settings = {
    'Dir::Etc': join(folder, 'etc'),
    'Dir::State': join(folder, 'state'),
    'Dir::State::status': join(folder, 'state/status'),
    'Dir::Cache': join(folder, 'cache'),
    'APT::Architecture': 'amd64',
    'APT::Architectures': 'amd64',
    'APT::Install-Recommends': 'false',
    'APT::Sandbox::User': '',
    'Dir::Etc::parts': '/nonexistent',
    'APT::Update::Post-Invoke-Success': '',
  };
  const options = Object.entries(settings).flatMap(([name, value]) => ['-o', `${name}=${value}`]);
  try {
    host('apt-get', [...options, '-qq', 'update']);
    const output = host('apt-get', [...options, '-qq', '-s', 'install', ...names]).toString();
    return [...output.matchAll(/^Inst (\S+) \((\S+) /gm)]
      .map(([, name, version]) => `${name}=${version}`)
      .toSorted();
  } catch (error) {
    if (error instanceof Error && 'status' in error && error.status === 100) return undefined;
    throw error;
  }
}

function ourChoice(texts: readonly string[], names: readonly string[]): string[] | undefined {
  const roots = names.map((name): Root => ({ name, group: 'extra', origin: '@config' }));
  try {
    const where = { suite: 'bookworm', architecture: 'amd64' };
    const { chosen } = solve(pool(texts), roots, where, () => undefined);
    return [...chosen.values()]
      .map(({ candidate }) => `${candidate.name}=${candidate.version}`)
      .toSorted();
  } catch {
    return undefined;
  }
}

describe('resolution beside apt-get -s', () => {
  it('agrees on epochs, tildes, alternatives, virtual packages and versions', () => {
    const texts = [
      paragraph('app', '1', {
        Depends: 'libaa (>= 2~), mta | mail, libbb (= 1:1-1), tool | othertool',
      }),
      paragraph('libaa', '2~rc1'),
      paragraph('libaa', '2~~pre'),
      paragraph('libbb', '1:1-1', { 'Pre-Depends': 'libcc (>> 0.9)' }),
      paragraph('libcc', '1.0', { Recommends: 'extra' }),
      paragraph('exim', '4', { Provides: 'mail', Priority: 'standard' }),
      paragraph('othertool', '1'),
      paragraph('extra', '1'),
    ];
    const ours = ourChoice(texts, ['app']);
    expect(ours).toEqual([
      'app=1',
      'exim=4',
      'libaa=2~rc1',
      'libbb=1:1-1',
      'libcc=1.0',
      'othertool=1',
    ]);
    expect(ours).toEqual(aptChoice(texts.join('\n'), ['app']));
  });

  it('agrees on random sets without choices', () => {
    const names = ['aa', 'bb', 'cc', 'dd', 'ee'];
    const relation = fc
      .tuple(fc.constantFrom(...names, 'gone'), fc.constantFrom('', ' (>= 2)', ' (<< 2)', ' (= 2)'))
      .map(([name, constraint]) => name + constraint);
    const fields = fc.record<Fields>({
      Depends: fc.array(relation, { maxLength: 2 }).map((all) => all.join(', ')),
    });
    const repository = fc.tuple(
      ...names.map((name) => fc.tuple(fc.constant(name), fc.constantFrom('1', '2', '3'), fields)),
    );
    const compared = { met: 0, unmet: 0 };
    for (const packages of fc.sample(repository, { numRuns: 25, seed: 7 })) {
      const texts = packages.map(([name, version, more]) =>
        paragraph(name, version, more.Depends === '' ? {} : more),
      );
      const expected = aptChoice(texts.join('\n'), ['aa']);
      expect(ourChoice(texts, ['aa'])).toEqual(expected);
      compared[expected === undefined ? 'unmet' : 'met'] += 1;
    }
    expect(Math.min(compared.met, compared.unmet)).toBeGreaterThan(3);
  });
});

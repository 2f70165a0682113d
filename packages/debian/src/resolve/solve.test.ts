import { describe, expect, it } from 'vitest';
import { paragraph, pool } from '../../test/support/index-text.ts';
import { omissionReason } from './omitted.ts';
import type { Pool } from './pool.ts';
import { solve, type Root } from './solve.ts';

const where = { suite: 'bookworm', architecture: 'amd64' };

function roots(...names: string[]): Root[] {
  return names.map((name) => ({ name, group: 'extra', origin: '@config' }));
}

/** `name=version` of what was chosen, sorted. */
function chosen(from: Pool, ...names: string[]): string[] {
  const solution = solve(from, roots(...names), where, omissionReason);
  return [...solution.chosen.values()]
    .map(({ candidate }) => `${candidate.name}=${candidate.version}`)
    .toSorted();
}

function refused(code: string, data: object = {}) {
  return expect.objectContaining({ code, data: expect.objectContaining(data) as unknown });
}

describe('solve', () => {
  it('follows Depends and Pre-Depends, not Recommends', () => {
    const from = pool([
      paragraph('aa', '1', { Depends: 'bb', 'Pre-Depends': 'cc', Recommends: 'dd' }),
      paragraph('bb', '1'),
      paragraph('cc', '1', { Depends: 'aa' }),
      paragraph('dd', '1'),
    ]);
    expect(chosen(from, 'aa')).toEqual(['aa=1', 'bb=1', 'cc=1']);
  });

  it('takes the newest version over the archives, by Debian’s order', () => {
    const from = pool(
      [paragraph('aa', '1.0-1'), paragraph('bb', '2.0'), paragraph('cc', '1:0.1')],
      [paragraph('aa', '1.0-1+deb12u1'), paragraph('bb', '2.0~rc1'), paragraph('cc', '9')],
    );
    expect(chosen(from, 'aa', 'bb', 'cc')).toEqual(['aa=1.0-1+deb12u1', 'bb=2.0', 'cc=1:0.1']);
  });

  it('takes an older version where only that satisfies', () => {
    const from = pool(
      [paragraph('aa', '1', { Depends: 'bb (<< 2)' }), paragraph('bb', '1')],
      [paragraph('bb', '2')],
    );
    expect(chosen(from, 'aa')).toEqual(['aa=1', 'bb=1']);
  });

  it('takes the first alternative that can be laid, and what is there already before that', () => {
    const from = pool([
      paragraph('aa', '1', { Depends: 'gone | broken | bb | cc' }),
      paragraph('broken', '1', { Depends: 'gone' }),
      paragraph('bb', '1'),
      paragraph('cc', '1'),
    ]);
    expect(chosen(from, 'aa')).toEqual(['aa=1', 'bb=1']);
    expect(chosen(from, 'cc', 'aa')).toEqual(['aa=1', 'cc=1']);
  });

  it('finds who provides a name, a real package first, by version only where it is versioned', () => {
    const from = pool([
      paragraph('aa', '1', { Depends: 'mail, blas (>= 3)' }),
      paragraph('zz', '1', { Provides: 'mail', Priority: 'standard' }),
      paragraph('bb', '1', { Provides: 'mail', Priority: 'optional' }),
      paragraph('cc', '1', { Provides: 'blas' }),
      paragraph('dd', '1', { Provides: 'blas (= 3.11)' }),
    ]);
    expect(chosen(from, 'aa')).toEqual(['aa=1', 'dd=1', 'zz=1']);
    const real = pool([
      paragraph('aa', '1', { Depends: 'mail' }),
      paragraph('bb', '1', { Provides: 'mail', Priority: 'required' }),
      paragraph('mail', '1'),
    ]);
    expect(chosen(real, 'aa')).toEqual(['aa=1', 'mail=1']);
  });

  it('leaves out what only maintainer scripts need, and says for whom', () => {
    const from = pool([
      paragraph('tzdata', '1', { Depends: 'debconf (>= 0.5) | debconf-2.0, libc6' }),
      paragraph('libc6', '1'),
      paragraph('debconf', '2'),
    ]);
    const solution = solve(from, roots('tzdata'), where, omissionReason);
    expect([...solution.chosen.keys()]).toEqual(['tzdata', 'libc6']);
    expect([...(solution.omitted.get('debconf')?.requiredBy ?? [])]).toEqual(['tzdata']);
    expect(chosen(from, 'debconf', 'tzdata')).toContain('debconf=2');
  });

  it('says who needs a package', () => {
    const from = pool([
      paragraph('aa', '1', { Depends: 'cc' }),
      paragraph('bb', '1', { Depends: 'cc' }),
      paragraph('cc', '1', { Depends: 'aa' }),
    ]);
    const solution = solve(from, roots('aa', 'bb'), where, omissionReason);
    expect([...(solution.chosen.get('cc')?.requiredBy ?? [])]).toEqual(['aa', 'bb']);
    expect([...(solution.chosen.get('aa')?.requiredBy ?? [])]).toEqual(['@config', 'cc']);
  });

  it('gives a group what its roots need, and nothing twice', () => {
    const from = pool([
      paragraph('aa', '1', { Depends: 'cc' }),
      paragraph('bb', '1', { Depends: 'cc, dd' }),
      paragraph('cc', '1'),
      paragraph('dd', '1'),
    ]);
    const both: Root[] = [
      { name: 'aa', group: 'system', origin: '@base' },
      { name: 'bb', group: 'runtime', origin: '@python' },
    ];
    const solution = solve(from, both, where, omissionReason);
    const groups = [...solution.chosen].map(([name, { group }]) => [name, group]);
    expect(Object.fromEntries(groups)).toEqual({
      aa: 'system',
      cc: 'system',
      bb: 'runtime',
      dd: 'runtime',
    });
  });
});

describe('a set that cannot be laid', () => {
  it('names near packages for one that does not exist', () => {
    const from = pool([paragraph('libproj25', '1'), paragraph('libgomp1', '1')]);
    expect(() => chosen(from, 'libproj22')).toThrowError(
      refused('MLC4020', { near: ['libproj25'] }),
    );
    expect(() => chosen(from, 'libgmp1')).toThrowError(refused('MLC4020', { near: ['libgomp1'] }));
  });

  it('shows the chain that led to what is missing', () => {
    const from = pool([
      paragraph('aa', '1', { Depends: 'bb' }),
      paragraph('bb', '1', { Depends: 'cc (>= 2) | dd' }),
      paragraph('cc', '1'),
    ]);
    expect(() => chosen(from, 'aa')).toThrowError(
      refused('MLC4021', {
        chain: ['aa', 'bb'],
        relation: 'cc (>= 2) | dd',
        detail: 'there is only cc 1',
      }),
    );
  });

  it('refuses Conflicts and Breaks, but lets a package conflict with its own name', () => {
    const conflict = pool([paragraph('aa', '1', { Conflicts: 'bb (<< 2)' }), paragraph('bb', '1')]);
    expect(() => chosen(conflict, 'aa', 'bb')).toThrowError(
      refused('MLC4022', { left: 'aa', right: 'bb' }),
    );
    const breaks = pool([
      paragraph('aa', '1', { Breaks: 'mail' }),
      paragraph('bb', '1', { Provides: 'mail' }),
    ]);
    expect(() => chosen(breaks, 'aa', 'bb')).toThrowError(refused('MLC4022'));
    const own = pool([paragraph('aa', '1', { Provides: 'mail', Conflicts: 'mail' })]);
    expect(chosen(own, 'aa')).toEqual(['aa=1']);
  });
});

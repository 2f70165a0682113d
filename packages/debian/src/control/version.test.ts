import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { host } from '../../test/support/host.ts';
import { compareVersions, parseVersion } from './version.ts';

const part = (characters: string) =>
  fc.string({ unit: fc.constantFrom(...characters), maxLength: 8 });
const version = fc
  .record({
    epoch: fc.option(fc.integer({ min: 0, max: 3 })),
    head: fc.constantFrom('0', '1', '2', '10', '00', '1.0', '2026'),
    upstream: part('019.+~azAZ-'),
    revision: fc.option(part('01.+~az').filter((text) => text !== '')),
  })
  .map(({ epoch, head, upstream, revision }) => {
    const body = revision === null ? upstream.replaceAll('-', '') : upstream;
    return `${epoch === null ? '' : `${epoch}:`}${head}${body}${revision === null ? '' : `-${revision}`}`;
  });

/** dpkg's answers for many pairs in one shell: -1, 0 or 1. */
function dpkgOrders(pairs: readonly (readonly [string, string])[]): number[] {
  const script = pairs.map(
    ([a, b]) =>
      `if dpkg --compare-versions '${a}' lt '${b}'; then echo -1; elif dpkg --compare-versions '${a}' eq '${b}'; then echo 0; else echo 1; fi`,
  );
  return host('sh', [], { input: script.join('\n') })
    .toString()
    .trim()
    .split('\n')
    .map(Number);
}

describe('compareVersions', () => {
  it('orders the examples of the manual', () => {
    const ascending = ['~~', '~~a', '~', '', 'a'].map((end) => `1.0${end}`);
    for (const [i, a] of ascending.entries()) {
      for (const [j, b] of ascending.entries())
        expect(Math.sign(compareVersions(a, b))).toBe(Math.sign(i - j));
    }
    expect(compareVersions('1:1.0', '2.0')).toBeGreaterThan(0);
    expect(compareVersions('1.0', '1.0-0')).toBe(0);
    expect(compareVersions('3.0.20-1~deb12u2', '3.0.20-1')).toBeLessThan(0);
    expect(compareVersions('20260101000000000001', '20260101000000000002')).toBeLessThan(0);
  });

  it('agrees with dpkg', () => {
    const pairs = fc.sample(fc.tuple(version, version), { numRuns: 300, seed: 4 });
    const ours = pairs.map(([a, b]) => Math.sign(compareVersions(a, b)));
    expect(ours).toEqual(dpkgOrders(pairs));
  });

  it('is an order', () => {
    fc.assert(
      fc.property(version, version, version, (a, b, c) => {
        expect(Math.sign(compareVersions(a, b))).toBe(-Math.sign(compareVersions(b, a)) + 0);
        if (compareVersions(a, b) <= 0 && compareVersions(b, c) <= 0) {
          expect(compareVersions(a, c)).toBeLessThanOrEqual(0);
        }
      }),
    );
  });
});

describe('parseVersion', () => {
  it('takes epoch and revision off', () => {
    expect(parseVersion('1:1.2.13.dfsg-1')).toEqual({
      epoch: 1,
      upstream: '1.2.13.dfsg',
      revision: '1',
    });
    expect(parseVersion('2026f-0+deb12u1')).toEqual({
      epoch: 0,
      upstream: '2026f',
      revision: '0+deb12u1',
    });
  });

  it.each(['', ':1', 'a:1', '-1:1', '1-', '1 0', '1_0', '1:', '1\n'])('refuses %j', (text) => {
    expect(() => parseVersion(text)).toThrowError(expect.objectContaining({ code: 'MLC4023' }));
  });
});

import { describe, expect, it } from 'vitest';
import { missingPrograms, packagesOf, PROGRAMS } from '../src/debian-packages.ts';
import { TEST_PROGRAMS } from '../src/gate.ts';

describe('Debian packages', () => {
  it('names each package once, sorted', () => {
    expect(packagesOf(['skopeo', 'docker', 'dockerd'])).toEqual(['docker.io', 'skopeo']);
  });

  it('refuses a program that it knows no package for', () => {
    expect(() => packagesOf(['no-such-program'])).toThrow('no-such-program');
  });

  it('knows the package of every program that the tests call', () => {
    expect(TEST_PROGRAMS.filter((program) => !(program in PROGRAMS))).toEqual([]);
  });

  it('finds what is missing', async () => {
    expect(await missingPrograms(['sh', 'no-such-program'])).toEqual(['no-such-program']);
  });
});

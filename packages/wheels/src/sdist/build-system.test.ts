import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isMlcError } from '@mlcontainer/plugin-kit';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { parseBuildSystem, readBuildSystem } from './build-system.ts';

const folder = mkdtempSync(join(tmpdir(), 'mlc-sdist-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const LEGACY = {
  requires: ['setuptools>=40.8.0', 'wheel'],
  backend: 'setuptools.build_meta:__legacy__',
  path: [],
};

describe('parseBuildSystem', () => {
  it.each([
    ['', LEGACY],
    ['[project]\nname = "a"\n', LEGACY],
    [
      '[build-system]\nrequires = ["flit_core >=3"]\nbuild-backend = "flit_core.buildapi"\n',
      { requires: ['flit_core >=3'], backend: 'flit_core.buildapi', path: [] },
    ],
    [
      '[build-system]\nrequires = ["setuptools", "wheel"]\n',
      { requires: ['setuptools', 'wheel'], backend: LEGACY.backend, path: [] },
    ],
    [
      '[build-system]\nrequires = []\nbuild-backend = "own:hooks"\nbackend-path = ["."]\n',
      { requires: [], backend: 'own:hooks', path: ['.'] },
    ],
  ])('%j', (text, expected) => {
    expect(parseBuildSystem('a.tar.gz', text)).toEqual(expected);
  });

  it.each(['[build-system', '[build-system]\n', '[build-system]\nrequires = [1]\n'])(
    'refuses %j',
    (text) => {
      expect(() => parseBuildSystem('a.tar.gz', text)).toThrowError(
        expect.objectContaining({ code: 'MLC5015' }),
      );
    },
  );

  it('answers any text with a build system or a typed error', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        try {
          expect(parseBuildSystem('a.tar.gz', text).backend).not.toBe('');
        } catch (error) {
          expect(isMlcError(error) && error.code).toBe('MLC5015');
        }
      }),
    );
  });
});

describe('readBuildSystem', () => {
  it('reads the pyproject.toml of the project itself, not of a folder in it', async () => {
    const tree = join(folder, 'a-1.0');
    mkdirSync(join(tree, 'vendored'), { recursive: true });
    writeFileSync(join(tree, 'vendored/pyproject.toml'), 'no TOML');
    writeFileSync(
      join(tree, 'pyproject.toml'),
      '[build-system]\nrequires = ["b"]\nbuild-backend = "b"\n',
    );
    const file = join(folder, 'a-1.0.tar.gz');
    execFileSync('tar', ['-C', folder, '--format=pax', '-czf', file, 'a-1.0']);
    const signal = new AbortController().signal;
    expect((await readBuildSystem('a-1.0.tar.gz', file, signal)).requires).toEqual(['b']);
  });
});

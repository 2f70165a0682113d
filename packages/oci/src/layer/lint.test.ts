import { isMlcError } from '@mlcontainer/plugin-kit';
import { expect, test } from 'vitest';
import { directory, file, layerOf, symlink } from '../../test/support/entries.ts';
import type { Entry } from '../entry.ts';
import { createLayerFaults, createLayerLint, lintEntry } from './lint.ts';

const hardlink = (path: string, target: string): Entry => ({
  type: 'hardlink',
  path,
  mode: 0o644,
  target,
});
const fifo = { type: 'fifo', path: 'a', mode: 0o644 } as unknown as Entry;

const refused: readonly (readonly [string, string, readonly Entry[]])[] = [
  ['a file twice', 'MLC6010', [file('a', ''), file('a', '')]],
  ['a directory twice', 'MLC6010', [directory('a'), directory('a')]],
  ['a file and a directory', 'MLC6010', [file('a', ''), directory('a')]],
  ['no parent', 'MLC6011', [file('a/b', '')]],
  ['no parent of a directory', 'MLC6011', [directory('a'), directory('a/b/c')]],
  ['parent after its child', 'MLC6011', [file('a/b', ''), directory('a')]],
  ['file under bin', 'MLC6012', [directory('usr'), file('bin/sh', '')]],
  ['directory lib64', 'MLC6012', [directory('lib64')]],
  ['file lib', 'MLC6012', [file('lib', '')]],
  [
    'file under the link in the same layer',
    'MLC6012',
    [symlink('lib', 'usr/lib'), file('lib/x', '')],
  ],
  ['fifo', 'MLC6013', [fifo]],
  ['setuid', 'MLC6014', [file('a', '', 0o4755)]],
  ['setgid directory', 'MLC6014', [directory('a', 0o2775)]],
  ['whiteout', 'MLC6015', [file('.wh.a', '')]],
  ['opaque whiteout below', 'MLC6015', [directory('a'), file('a/.wh..wh..opq', '')]],
  ['absolute', 'MLC6016', [file('/a', '')]],
  ['empty path', 'MLC6016', [file('', '')]],
  ['climbing', 'MLC6016', [directory('a'), file('a/../b', '')]],
  ['dot', 'MLC6016', [file('./a', '')]],
  ['slash at the end', 'MLC6016', [directory('a/')]],
  ['double slash', 'MLC6016', [directory('a'), file('a//b', '')]],
  ['newline', 'MLC6016', [file('a\nb', '')]],
  ['NUL', 'MLC6016', [file('a\0b', '')]],
  ['lone surrogate', 'MLC6016', [file('a\ud800', '')]],
  ['name of more than 255 bytes', 'MLC6016', [file('é'.repeat(128), '')]],
  ['symlink to nothing', 'MLC6016', [symlink('a', '')]],
  ['symlink with NUL', 'MLC6016', [symlink('a', 'b\0')]],
  ['hard link to nothing', 'MLC6017', [hardlink('a', 'b')]],
  ['hard link before its target', 'MLC6017', [hardlink('a', 'b'), file('b', '')]],
  ['hard link to a directory', 'MLC6017', [directory('b'), hardlink('a', 'b')]],
  ['under a symlink', 'MLC6018', [symlink('a', 'b'), file('a/c', '')]],
  ['under a file', 'MLC6018', [file('a', ''), file('a/c', '')]],
];

for (const [title, code, entries] of refused) {
  test(`writeLayer refuses: ${title}`, async () => {
    await expect(layerOf(entries)).rejects.toMatchObject({ code });
  });
}

test('accepts what a layer may hold', async () => {
  const entries: readonly Entry[] = [
    symlink('bin', 'usr/bin'),
    symlink('lib', 'usr/lib'),
    directory('binary'),
    directory('usr'),
    directory('usr/bin'),
    file('usr/bin/x', '', 0o755),
    hardlink('usr/bin/y', 'usr/bin/x'),
    hardlink('usr/bin/z', 'usr/bin/y'),
    directory('tmp', 0o1777),
    file('a\\x2d.wh.b', ''),
    file('é'.repeat(127), ''),
  ];
  await expect(layerOf(entries)).resolves.toMatchObject({ entries: entries.length });
});

test('setuid is allowed by path', () => {
  const lint = createLayerLint({ allowSetid: ['a'] });
  expect(() => lint(file('a', '', 0o4755))).not.toThrow();
  expect(() => lint(file('b', '', 0o4755))).toThrow();
});

test('a fault names the path', () => {
  try {
    lintEntry(file('x/.wh.y', ''));
    expect.unreachable();
  } catch (error) {
    expect(isMlcError(error) && error.data['path']).toBe('x/.wh.y');
  }
});

test('all faults of an entry are given', () => {
  const faults = createLayerFaults();
  const codes = [...faults(file('lib/.wh.x', '', 0o6755))].map(({ code }) => code);
  expect(codes).toEqual(['MLC6015', 'MLC6012', 'MLC6014', 'MLC6011']);
});

test('the folder of an artifact is no root filesystem', () => {
  const lint = createLayerLint({ under: 'deep/lib' });
  const entries = [directory('deep/lib'), file('deep/lib/.wh.x', ''), directory('deep/lib/bin')];
  for (const entry of entries) expect(() => lint(entry)).not.toThrow();
  expect(() => lint(file('deep/other', ''))).toThrow();
  expect(() => lint(file('deep/lib/none/x', ''))).toThrow();
});

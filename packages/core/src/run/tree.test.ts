import {
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TarEntry, TarEntryType } from '@mlcontainer/oci';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createTree } from './tree.ts';

let folder = '';
let root = '';

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'mlc-tree-'));
  root = join(folder, 'root');
  mkdirSync(root);
  mkdirSync(join(folder, 'outside'));
  writeFileSync(join(folder, 'outside', 'precious'), 'untouched');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

interface Made {
  readonly path: string;
  readonly type?: TarEntryType;
  readonly text?: string;
  readonly mode?: number;
  readonly target?: string;
}

function entry({ path, type = 'file', text = '', mode = 0o644, target }: Made): TarEntry {
  const bytes = Buffer.from(text);
  async function* content() {
    yield bytes;
  }
  const owner = { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 };
  const link = target === undefined ? {} : { target };
  const size = bytes.length;
  return {
    path,
    type,
    mode,
    ...owner,
    mtime: 0,
    size,
    offset: 0,
    xattrs: [],
    content: content(),
    ...link,
  };
}

async function lay(...layers: Made[][]): Promise<void> {
  const tree = createTree(root);
  for (const layer of layers) {
    tree.startLayer();
    for (const made of layer) await tree.apply(entry(made));
  }
  tree.finish();
}

function text(path: string): string {
  return readFileSync(join(root, path), 'utf8');
}

describe('layers', () => {
  it('lays files, folders, links and modes', async () => {
    const saved = process.umask(0o077);
    try {
      await lay([
        { path: 'deep/file', text: 'x', mode: 0o755 },
        { path: 'closed', type: 'directory', mode: 0o555 },
        { path: 'closed/inside', text: 'y' },
        { path: 'hard', type: 'hardlink', target: 'deep/file' },
        { path: 'soft', type: 'symlink', target: '/deep/file' },
        { path: 'tmp', type: 'directory', mode: 0o1777 },
        { path: 'null', type: 'character-device' },
      ]);
    } finally {
      process.umask(saved);
    }
    expect(statSync(join(root, 'deep')).mode & 0o7777).toBe(0o755);
    expect(statSync(join(root, 'deep/file')).mode & 0o7777).toBe(0o755);
    expect(statSync(join(root, 'tmp')).mode & 0o7777).toBe(0o1777);
    expect(statSync(join(root, 'hard')).ino).toBe(statSync(join(root, 'deep/file')).ino);
    expect(lstatSync(join(root, 'soft')).isSymbolicLink()).toBe(true);
    expect(text('closed/inside')).toBe('y');
    expect(existsSync(join(root, 'null'))).toBe(false);
  });

  it('replaces what an upper layer names, and keeps what is in a folder named again', async () => {
    await lay(
      [
        { path: 'a/x', text: '1' },
        { path: 'b', text: '1' },
        { path: 'c/deep/x', text: '1' },
      ],
      [
        { path: 'a', type: 'directory', mode: 0o700 },
        { path: 'b', type: 'directory' },
        { path: 'b/x', text: '2' },
        { path: 'c', text: '2' },
      ],
    );
    expect([text('a/x'), text('b/x'), text('c')]).toEqual(['1', '2', '2']);
    expect(statSync(join(root, 'a')).mode & 0o777).toBe(0o700);
  });

  it('hides what whiteouts name, opaque ones only what is below', async () => {
    await lay(
      [
        { path: 'a/x' },
        { path: 'a/y' },
        { path: 'o/old' },
        { path: 'o/sub/old' },
        { path: 'gone/x' },
      ],
      [
        { path: 'a/.wh.x' },
        { path: '.wh.gone' },
        { path: 'o/new' },
        { path: 'o/sub/new' },
        { path: 'o/.wh..wh..opq' },
      ],
    );
    expect(readdirSync(root).toSorted()).toEqual(['a', 'o']);
    expect(readdirSync(join(root, 'a'))).toEqual(['y']);
    expect(readdirSync(join(root, 'o')).toSorted()).toEqual(['new', 'sub']);
    expect(readdirSync(join(root, 'o/sub'))).toEqual(['new']);
  });

  it('follows links inside the root only', async () => {
    await lay([
      { path: 'lib', type: 'symlink', target: 'usr/lib' },
      { path: 'lib/a', text: '1' },
      { path: 'abs', type: 'symlink', target: '/usr' },
      { path: 'abs/b', text: '2' },
      { path: 'up', type: 'symlink', target: '../../../../outside' },
      { path: 'up/precious', text: '3' },
      { path: 'alias', type: 'hardlink', target: 'lib/a' },
    ]);
    expect([text('usr/lib/a'), text('usr/b'), text('outside/precious')]).toEqual(['1', '2', '3']);
    expect(text('alias')).toBe('1');
    expect(readFileSync(join(folder, 'outside/precious'), 'utf8')).toBe('untouched');
  });

  it.each([
    ['a whiteout of nothing', { path: 'a/.wh.' }],
    ['a whiteout of the folder above', { path: 'a/.wh...' }],
    ['a whiteout of the folder itself', { path: 'a/.wh..' }],
    ['a hard link to nothing', { path: 'h', type: 'hardlink', target: 'missing' } as const],
    ['a file as a folder', { path: 'f/below' }],
  ])('refuses %s', async (_name, made) => {
    const laid = lay([{ path: 'f' }, { path: 'a/x' }, made]);
    await expect(laid).rejects.toThrow();
    expect(existsSync(join(root, 'a/x'))).toBe(true);
  });

  it('refuses links that go round', async () => {
    const round = [
      { path: 'a', type: 'symlink', target: 'b' },
      { path: 'b', type: 'symlink', target: 'a' },
      { path: 'a/x' },
    ] as const;
    await expect(lay([...round])).rejects.toThrow('symbolic links');
  });
});

describe('any entries', () => {
  const name = fc.constantFrom('a', 'b', 'c', '.wh.a', '.wh..wh..opq', '.wh...');
  const path = fc.array(name, { minLength: 1, maxLength: 3 }).map((parts) => parts.join('/'));
  const target = fc.constantFrom(
    'a',
    '..',
    '../outside',
    '../../outside',
    '/',
    '/a/b',
    '.',
    'b/../..',
  );
  const made: fc.Arbitrary<Made> = fc.oneof(
    fc.record({ path, text: fc.constant('new') }),
    fc.record({ path, type: fc.constant('directory' as const), mode: fc.constantFrom(0o755, 0) }),
    fc.record({ path, type: fc.constant('symlink' as const), target }),
    fc.record({ path, type: fc.constant('hardlink' as const), target: path }),
  );

  it('never touch anything outside the root', async () => {
    const layers = fc.array(fc.array(made, { maxLength: 8 }), { maxLength: 3 });
    await fc.assert(
      fc.asyncProperty(layers, async (drawn) => {
        await lay(...drawn).catch(() => undefined);
        expect(readFileSync(join(folder, 'outside/precious'), 'utf8')).toBe('untouched');
        expect(readdirSync(join(folder, 'outside'))).toEqual(['precious']);
        expect(readdirSync(folder).toSorted()).toEqual(['outside', 'root']);
        rmSync(root, { recursive: true });
        mkdirSync(root);
      }),
      { numRuns: 500 },
    );
  });
});

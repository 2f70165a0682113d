import { describe, expect, test } from 'vitest';
import type { TarEntryFacts } from '../tar/resolve.ts';
import { createImageTree, type ImageTree } from './tree.ts';

const FACTS = { mode: 0o644, uid: 0, gid: 0, mtime: 0, size: 0, xattrs: [] };

const file = (path: string, size = 1): TarEntryFacts => ({ ...FACTS, type: 'file', path, size });
const folder = (path: string): TarEntryFacts => ({ ...FACTS, type: 'directory', path });
const link = (path: string, target: string): TarEntryFacts => ({
  ...FACTS,
  type: 'symlink',
  path,
  target,
});
const hardlink = (path: string, target: string): TarEntryFacts => ({
  ...FACTS,
  type: 'hardlink',
  path,
  target,
});

function treeOf(...layers: readonly (readonly TarEntryFacts[])[]): ImageTree {
  const tree = createImageTree();
  for (const layer of layers) {
    tree.startLayer();
    for (const entry of layer) tree.apply(entry);
  }
  return tree;
}

const paths = (tree: ImageTree) => [...tree.below('')].map(({ path }) => path).sort();

describe('a merged tree', () => {
  test('shows the file of the last layer that brought it, and from where', () => {
    const tree = treeOf([file('a/b', 1)], [file('a/b', 2)]);
    expect(tree.find('/a/b')).toMatchObject({ size: 2, origin: { layer: 1, path: 'a/b' } });
  });

  test('hides what a whiteout names, but not what its own layer lays', () => {
    const lower = [folder('a'), file('a/old'), file('a/kept'), folder('b'), file('b/old')];
    const tree = treeOf(lower, [file('b/new'), file('a/.wh.old'), file('.wh.b')]);
    expect(paths(tree)).toEqual(['a', 'a/kept', 'b', 'b/new']);
  });

  test.each([[['first', 'opaque']], [['opaque', 'first']]])(
    'empties an opaque folder of lower layers only (%s)',
    (order) => {
      const entries = { first: file('a/deep/new'), opaque: file('a/.wh..wh..opq') };
      const tree = treeOf(
        [file('a/old'), file('a/deep/old')],
        order.map((name) => entries[name as keyof typeof entries]),
      );
      expect(paths(tree)).toEqual(['a', 'a/deep', 'a/deep/new']);
    },
  );

  test('follows links inside the root, and no further', () => {
    const tree = treeOf([
      folder('usr/lib'),
      link('lib', 'usr/lib'),
      link('usr/lib/up', '../../../../etc'),
      file('etc/x'),
      link('abs', '/etc/x'),
      link('loop', 'loop'),
    ]);
    expect(tree.find('lib/up/x')?.path).toBe('etc/x');
    expect(tree.find('/abs')?.path).toBe('etc/x');
    expect(tree.findLink('/abs')).toMatchObject({ type: 'symlink', target: '/etc/x' });
    expect(tree.find('loop')).toBeUndefined();
    expect(tree.find('etc/x/y')).toBeUndefined();
  });

  test('lays entries of later layers where a folder’s link leads', () => {
    const tree = treeOf([folder('usr/lib'), link('lib', 'usr/lib')], [file('lib/new')]);
    expect(tree.find('usr/lib/new')?.origin).toEqual({ layer: 1, path: 'lib/new' });
    expect(tree.findLink('lib')?.type).toBe('symlink');
  });

  test('gives a hard link the bytes of its file', () => {
    const tree = treeOf([file('bin/python3.11', 7), hardlink('bin/python3', 'bin/python3.11')]);
    expect(tree.find('bin/python3')).toMatchObject({
      size: 7,
      origin: { layer: 0, path: 'bin/python3.11' },
    });
  });

  test.each([
    ['a hard link to nothing', hardlink('a', 'b'), 'MLC6007'],
    ['a whiteout of nothing', file('a/.wh.'), 'MLC6007'],
  ])('refuses %s', (_, entry, code) => {
    expect(() => treeOf([entry])).toThrowError(expect.objectContaining({ code }));
  });

  test('has a limit', () => {
    const tree = createImageTree({ maxEntries: 1 });
    tree.apply(file('a'));
    expect(() => tree.apply(file('b'))).toThrowError(expect.objectContaining({ code: 'MLC6006' }));
  });
});

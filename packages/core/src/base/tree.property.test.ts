import { lstatSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createImageTree, type TarEntryFacts } from '@mlcontainer/oci';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createTree } from '../run/tree.ts';

const NAMES = ['a', 'b', 'c'];
const name = fc.constantFrom(...NAMES);
const place = fc.array(name, { minLength: 1, maxLength: 3 }).map((parts) => parts.join('/'));
const base = { mode: 0o755, uid: 0, gid: 0, mtime: 0, size: 0, xattrs: [] };

const entry: fc.Arbitrary<TarEntryFacts> = fc.oneof(
  place.map((at) => ({ ...base, type: 'file' as const, path: at })),
  place.map((at) => ({ ...base, type: 'directory' as const, path: at })),
  fc.tuple(place, place).map(([at, target]) => ({
    ...{ ...base, type: 'symlink' as const, path: at, target: `/${target}` },
  })),
  place.map((at) => ({ ...base, type: 'file' as const, path: `${at}/.wh..wh..opq` })),
);

/** Of a path in the layers below; a layer that hides what it lays itself is no layer (image-spec, layer.md). */
const whiteout: fc.Arbitrary<TarEntryFacts> = fc.tuple(place, name).map(([at, hidden]) => ({
  ...{ ...base, type: 'file' as const, path: `${at}/.wh.${hidden}` },
}));

const layer = fc
  .tuple(fc.array(whiteout, { maxLength: 3 }), fc.array(entry, { maxLength: 8 }))
  .map(([hidden, laid]) => [...hidden, ...laid]);

/** Every path below a folder with its type, links not followed. */
function onDisk(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((at) => {
      const info = lstatSync(path.join(folder, at));
      return `${info.isDirectory() ? 'd' : info.isSymbolicLink() ? 'l' : 'f'} ${at}`;
    })
    .sort();
}

const TYPES: Readonly<Record<string, string>> = { directory: 'd', symlink: 'l', file: 'f' };

async function laid(layers: readonly (readonly TarEntryFacts[])[], root: string) {
  const disk = createTree(root);
  const tree = createImageTree();
  for (const layer of layers) {
    disk.startLayer();
    tree.startLayer();
    for (const one of layer) {
      async function* nothing(): AsyncGenerator<Uint8Array, void> {}
      try {
        await disk.apply({ ...one, offset: 0, content: nothing() });
      } catch {
        // An engine refuses what cannot be laid; there is nothing to compare then.
        return undefined;
      }
      tree.apply(one);
    }
  }
  disk.finish();
  return [...tree.below('')].map(({ type, path: at }) => `${TYPES[type] ?? '?'} ${at}`).sort();
}

test('the merged tree is the one that laying the layers on disk gives', async () => {
  const layers = fc.array(layer, { maxLength: 3 });
  await fc.assert(
    fc.asyncProperty(layers, async (given) => {
      const folder = mkdtempSync(path.join(tmpdir(), 'mlc-tree-'));
      const root = path.join(folder, 'root');
      mkdirSync(root);
      try {
        const merged = await laid(given, root);
        if (merged !== undefined) expect(merged).toEqual(onDisk(root));
      } finally {
        rmSync(folder, { recursive: true, force: true });
      }
    }),
    { numRuns: 200 },
  );
});

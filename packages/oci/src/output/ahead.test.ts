import { existsSync, mkdirSync, readdirSync, rmSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { withFolder } from '../../test/support/host.ts';
import { buildImage, signal } from '../../test/support/image.ts';
import { blobPath } from '../descriptor.ts';
import { validateLayout } from '../validate/validate.ts';
import { openAhead } from './ahead.ts';
import { layoutContent } from './content.ts';
import { writeLayout } from './layout.ts';

async function prepare(folder: string) {
  const store = join(folder, 'store');
  mkdirSync(store);
  const { blobs, image } = await buildImage(store);
  const target = join(folder, 'out', 'image');
  return { target, blobs, content: layoutContent(image, blobs, 'churn:v1') };
}

type Prepared = Awaited<ReturnType<typeof prepare>>;

function prepared<T>(use: (place: Prepared) => Promise<T>): Promise<T> {
  return withFolder(async (folder) => use(await prepare(folder)));
}

function addAll(ahead: ReturnType<typeof openAhead>, blobs: Prepared['blobs']): void {
  for (const blob of blobs) ahead.add(blob.descriptor.digest, async () => blob);
}

test('a layout takes the copies that are there before it', async () => {
  await prepared(async ({ target, blobs, content }) => {
    const ahead = openAhead(target);
    addAll(ahead, blobs);
    addAll(ahead, blobs);
    const { written, kept } = await writeLayout(target, content, { signal, ahead });
    await ahead.close();
    expect(written).toBe(content.blobs.reduce((sum, { descriptor }) => sum + descriptor.size, 0));
    expect(kept).toEqual([]);
    expect(readdirSync(dirname(target))).toEqual(['image']);
    expect(await validateLayout(target, { signal })).toMatchObject({ valid: true });
    // Marked as ours, like every blob: the next layout keeps them.
    const [first] = blobs;
    const { digest } = first!.descriptor;
    expect(statSync(join(target, blobPath(digest))).mtimeMs).toBe(0);
  });
});

test('what fails ahead is told by the layout', async () => {
  await prepared(async ({ target, blobs, content }) => {
    const [first, ...others] = blobs;
    const { source } = first!;
    if ('path' in source) rmSync(source.path);
    const ahead = openAhead(target);
    addAll(ahead, [first!, ...others]);
    await expect(writeLayout(target, content, { signal, ahead })).rejects.toThrow('ENOENT');
    await ahead.close();
    expect(existsSync(dirname(target))).toBe(false);
  });
});

test('what is damaged is not taken', async () => {
  await prepared(async ({ target, blobs }) => {
    const [first] = blobs;
    const { digest, size } = first!.descriptor;
    const ahead = openAhead(target);
    const descriptor = { ...first!.descriptor, size: size + 1 };
    ahead.add(digest, async () => ({ ...first!, descriptor }));
    expect(await ahead.moveTo(digest, join(target, 'x'))).toBe(false);
    await ahead.close();
  });
});

test('what no layout takes is removed, after it was copied', async () => {
  await prepared(async ({ target, blobs }) => {
    const ahead = openAhead(target);
    addAll(ahead, blobs);
    await ahead.close();
    // With the folder that was made for it.
    expect(existsSync(dirname(target))).toBe(false);
  });
});

test('nothing is made where nothing is added', async () => {
  await prepared(async ({ target }) => {
    await openAhead(target).close();
    expect(existsSync(dirname(target))).toBe(false);
  });
});

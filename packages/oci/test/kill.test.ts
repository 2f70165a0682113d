import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { layoutContent } from '../src/output/content.ts';
import { writeLayout } from '../src/output/layout.ts';
import { validateLayout } from '../src/validate/validate.ts';
import { withFolder } from './support/host.ts';
import { buildImage, signal } from './support/image.ts';

const SCRIPT = join(import.meta.dirname, 'support/write-forever.ts');

/** Lets a process write layouts and kills it without warning. */
async function killedAfter(milliseconds: number, folder: string, target: string): Promise<void> {
  const scratch = mkdtempSync(join(folder, 'scratch-'));
  const args = ['--conditions=@mlcontainer/source', SCRIPT, scratch, target];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const gone = once(child, 'exit');
  await once(child.stdout, 'data');
  await sleep(milliseconds);
  child.kill('SIGKILL');
  await gone;
}

test('a writer killed at any moment leaves a whole layout or none, and the next one cleans up', async () => {
  await withFolder(async (folder) => {
    const place = join(folder, 'out');
    const target = join(place, 'image');
    for (const milliseconds of [1, 3, 7, 12, 18, 25, 33]) {
      await killedAfter(milliseconds, folder, target);
      if (existsSync(target))
        expect(await validateLayout(target, { signal })).toMatchObject({
          valid: true,
          findings: [],
        });
    }
    mkdirSync(join(folder, 'last'));
    const { image, blobs } = await buildImage(join(folder, 'last'));
    await writeLayout(target, layoutContent(image, blobs), { signal });
    expect(readdirSync(place)).toEqual(['image']);
    expect(await validateLayout(target, { signal })).toMatchObject({ valid: true, findings: [] });
  });
});

import { readdir, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { expect, it } from 'vitest';

import { tempFolder } from '../../test/fixtures/temp-folder.ts';
import { currentOwner, removeStale, tempName } from './temp.ts';

const DEAD = 4_194_304_999;

it.each([
  ['of a living process', (me: string) => me, 0, true],
  ['of a dead process', (me: string) => me.replace(/\.\d+\./, `.${DEAD}.`), 0, false],
  [
    'of a dead process whose number another has now',
    (me: string) => me.replace(/(\.\d+\.)\d+/, '$11'),
    0,
    false,
  ],
  ['of another machine or container, young', (me: string) => `x${me}`, 1, true],
  ['of another machine or container, old', (me: string) => `x${me}`, 25, false],
  ['of an unknown place, young', () => `unknown.${DEAD}.1.ab`, 1, true],
  ['of an unknown place, old', () => `unknown.${DEAD}.1.ab`, 25, false],
])('an entry %s', async (_what, rename, hours, stays) => {
  const folder = await tempFolder();
  const owner = currentOwner();
  const name = rename(tempName(owner));
  await writeFile(join(folder, name), '');
  const then = Date.now() / 1000 - hours * 3600;
  await utimes(join(folder, name), then, then);
  expect(await removeStale(folder, owner)).toBe(stays ? 0 : 1);
  expect(await readdir(folder)).toEqual(stays ? [name] : []);
});

it('has a name of its own every time', async () => {
  const owner = currentOwner();
  expect(tempName(owner)).not.toBe(tempName(owner));
});

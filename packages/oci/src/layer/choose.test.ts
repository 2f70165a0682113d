import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { noise, prose } from '../../test/support/entries.ts';
import { withFolder } from '../../test/support/host.ts';
import { chooseModelCompression } from './choose.ts';

const { signal } = new AbortController();

test.each([
  ['noise', noise(3_000_000), 'none'],
  ['prose', prose(3_000_000), 'gzip-members'],
  ['small prose', prose(1000), 'gzip-members'],
  ['nothing', new Uint8Array(0), 'none'],
  ['a little prose in noise', Buffer.concat([prose(200_000), noise(3_000_000)]), 'none'],
  ['prose behind noise', Buffer.concat([noise(700_000), prose(3_000_000)]), 'gzip-members'],
])('%s', async (_title, bytes, expected) => {
  await withFolder(async (folder) => {
    const path = join(folder, 'model');
    writeFileSync(path, bytes);
    expect(await chooseModelCompression(path, { signal })).toBe(expected);
  });
});

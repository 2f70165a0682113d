import { mkdir, open, readFile, symlink, writeFile, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';

import { expect, it } from 'vitest';

import { tempFolder } from '../../test/fixtures/temp-folder.ts';
import { openEntry, writeAll } from './files.ts';

it('goes on writing where a call takes fewer bytes than given', async () => {
  const path = join(await tempFolder(), 'file');
  const handle = await open(path, 'w');
  const short = {
    write: (bytes: Uint8Array, offset: number, length: number, position: number) =>
      handle.write(bytes, offset, Math.min(length, 3), position),
  } as unknown as FileHandle;
  await writeAll(short, Buffer.from('0123456789'), 0);
  await writeAll(short, Buffer.from('abcde'), 10);
  await handle.close();
  expect(await readFile(path, 'utf8')).toBe('0123456789abcde');
});

it('opens no symbolic link', async () => {
  const folder = await tempFolder();
  await writeFile(join(folder, 'file'), '');
  await symlink('file', join(folder, 'link'));
  await expect(openEntry(join(folder, 'link'))).rejects.toMatchObject({ code: 'ELOOP' });
  await mkdir(join(folder, 'folder'));
  await (await openEntry(join(folder, 'file'))).close();
});

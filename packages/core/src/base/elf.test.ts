import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { makeElf } from '../../test/support/elf.ts';
import { readElf } from './elf.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'mlc-elf-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function read(bytes: Uint8Array) {
  const file = path.join(folder, 'file');
  await writeFile(file, bytes);
  return readElf(file);
}

const PROGRAM = makeElf({
  interpreter: '/lib64/ld-linux-x86-64.so.2',
  needed: ['libpython3.11.so.1.0', 'libc.so.6'],
  runPath: '$ORIGIN/../lib:/opt/lib',
});

describe('an ELF file', () => {
  test('says its loader, its libraries and where it looks for them', async () => {
    expect(await read(PROGRAM)).toEqual({
      architecture: 'amd64',
      interpreter: '/lib64/ld-linux-x86-64.so.2',
      needed: ['libpython3.11.so.1.0', 'libc.so.6'],
      searchPath: ['$ORIGIN/../lib', '/opt/lib'],
    });
  });

  test('of this machine is read as readelf reads it', async () => {
    const facts = await readElf(process.execPath);
    expect(facts?.interpreter).toMatch(/^\/lib.*ld-linux/);
    expect(facts?.needed).toContain('libc.so.6');
  });

  test.each([
    ['a script', '#!/bin/sh\n'.padEnd(100)],
    ['nothing', ''],
    ['32 bits', Buffer.concat([Buffer.from('7f454c460101', 'hex'), Buffer.alloc(100)])],
  ])('is not %s', async (_, bytes) => {
    expect(await read(Buffer.from(bytes))).toBeUndefined();
  });

  test('that is damaged anywhere is read or refused, and never more than that', async () => {
    const damaged = fc.record({
      at: fc.nat(PROGRAM.length - 1),
      to: fc.nat(255),
      cut: fc.nat(PROGRAM.length),
    });
    await fc.assert(
      fc.asyncProperty(damaged, async ({ at, to, cut }) => {
        const bytes = Buffer.from(PROGRAM);
        bytes[at] = to;
        await expect(read(bytes)).resolves.not.toThrow();
        await expect(read(bytes.subarray(0, cut))).resolves.not.toThrow();
      }),
      { numRuns: 300 },
    );
  });
});

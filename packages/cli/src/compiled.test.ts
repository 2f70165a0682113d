import { chmod, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, expect, onTestFinished, test } from 'vitest';
import { loadCompiled } from './compiled.ts';

const SOURCE = `
  const { basename } = require('node:path');
  exports.name = () => basename(__filename);
  exports.fail = () => { throw new Error('no'); };`;

interface Program {
  readonly name: () => string;
  readonly fail: () => void;
}

let root: string;
let file: string;
let folder: string;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'mlc-compiled-'));
  onTestFinished(() => rm(root, { recursive: true, force: true }));
  [file, folder] = [join(root, 'program.cjs'), join(root, 'compiled')];
  await writeFile(file, SOURCE);
});

function load() {
  const compiled = loadCompiled(file, folder, 'test');
  const program = compiled.exports as Program;
  expect(program.name()).toBe('program.cjs');
  return { ...compiled, program };
}

test('what ran is there the next time', () => {
  const first = load();
  expect(first.isWarm).toBe(false);
  first.keep('a');
  expect(load().isWarm).toBe(true);
});

test('what another run did is added, what was done before is not written again', async () => {
  const size = async () => (await stat(join(folder, (await readdir(folder))[0] ?? ''))).size;
  load().keep('a');
  const once = await size();
  const other = load();
  other.keep('a');
  expect(await size()).toBe(once);
  expect(other.program.fail).toThrow('no');
  other.keep('b');
  expect(await size()).toBeGreaterThan(once);
  expect(load().isWarm).toBe(true);
  expect(await readdir(folder)).toHaveLength(1);
});

test('another source of the same length is another program', async () => {
  load().keep('a');
  await writeFile(file, SOURCE.replace("'no'", "'on'"));
  const changed = load();
  expect(changed.isWarm).toBe(false);
  expect(changed.program.fail).toThrow('on');
});

test('damaged code is not run', async () => {
  load().keep('a');
  const place = join(folder, (await readdir(folder))[0] ?? '');
  const bytes = await readFile(place);
  bytes[bytes.length - 20]! ^= 1;
  await writeFile(place, bytes);
  expect(load().isWarm).toBe(false);
  await writeFile(place, '');
  expect(load().isWarm).toBe(false);
});

test('code that others may have written is not run, and none is put there', async () => {
  load().keep('a');
  await chmod(folder, 0o777);
  const open = load();
  expect(open.isWarm).toBe(false);
  await rm(join(folder, (await readdir(folder))[0] ?? ''));
  open.keep('b');
  expect(await readdir(folder)).toEqual([]);
});

test('a folder that cannot be made is no reason to stop', async () => {
  await writeFile(folder, '');
  load().keep('a');
  expect(load().isWarm).toBe(false);
});

test('stacks name the place in the file', () => {
  const { program } = load();
  expect(program.fail).toThrow(
    expect.objectContaining({ stack: expect.stringContaining(`${file}:4:`) }),
  );
});

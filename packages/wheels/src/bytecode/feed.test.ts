import { nodePorts } from '@mlcontainer/node-ports';
import { expect, it } from 'vitest';
import { python } from '../../test/support/python.ts';
import { tempFolder } from '../../test/support/wheel.ts';
import { openCompiler } from './compile.ts';
import { sourceFeed } from './feed.ts';

const { signal } = new AbortController();
const interpreter = {
  argv: [python<string>('import json, sys; print(json.dumps(sys.executable))')],
  env: {},
};

it('gives what was added since it was last asked', async () => {
  using folder = tempFolder();
  const ports = nodePorts({ env: process.env, cacheDir: folder.path });
  await using compiler = openCompiler(interpreter, {}, ports);
  const feed = sourceFeed(compiler, { signal });
  const taken = async () => {
    const found: string[] = [];
    for await (const { source } of feed.take()) found.push(source);
    return found;
  };
  expect(await taken()).toEqual([]);
  feed.add('a.py', Buffer.from('a = 1'));
  feed.add('b.py', Buffer.from('b = '));
  feed.add('c.py', Buffer.from('c = 1'));
  expect(await taken()).toEqual(['a.py', 'c.py']);
  feed.add('d.py', Buffer.from('d = 1'));
  expect(await taken()).toEqual(['d.py']);
  feed.add('e.py', Buffer.from('e = 1'));
  await feed.stop();
  expect(await taken()).toEqual([]);
});

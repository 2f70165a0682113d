import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { validateLayout } from '@mlcontainer/oci';
import { expect, test } from 'vitest';
import { openLayoutTarget } from '../src/layout/target.ts';
import { signal, withFolder } from './support/graph.ts';

const WRITER = join(import.meta.dirname, 'support/layout-writer.ts');

function startWriter(folder: string, name: string, count: number) {
  const args = ['--conditions=@mlcontainer/source', WRITER, folder, name, String(count)];
  return spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
}

async function tagsOf(folder: string): Promise<string[]> {
  const tags: string[] = [];
  for await (const tag of openLayoutTarget(folder).tags({ signal })) tags.push(tag);
  return tags;
}

async function errorsOf(folder: string): Promise<readonly unknown[]> {
  const { findings } = await validateLayout(folder, { signal });
  return findings.filter(({ severity }) => severity === 'error');
}

test('no writer loses what another adds', { timeout: 120_000 }, () =>
  withFolder(async (folder) => {
    const layout = join(folder, 'layout');
    const names = ['a', 'b', 'c', 'd'];
    const writers = names.map((name) => startWriter(layout, name, 10));
    const ends = await Promise.all(writers.map((writer) => once(writer, 'exit')));
    expect(ends.map(([code]) => code as number)).toEqual([0, 0, 0, 0]);
    const expected = names.flatMap((name) =>
      Array.from({ length: 10 }, (_, at) => `${name}-${at}`),
    );
    expect((await tagsOf(layout)).sort()).toEqual(expected.sort());
    expect(await errorsOf(layout)).toEqual([]);
  }),
);

test('a writer that is killed harms nobody', { timeout: 120_000 }, () =>
  withFolder(async (folder) => {
    const layout = join(folder, 'layout');
    for (let round = 0; round < 8; round += 1) {
      const writer = startWriter(layout, `k${round}`, 1000);
      // Let it finish a few, so that the kill falls anywhere in the next.
      for (let dots = 0; dots <= round; dots += 1) await once(writer.stdout, 'data');
      const before = await tagsOf(layout);
      writer.kill('SIGKILL');
      await once(writer, 'exit');
      expect(await tagsOf(layout)).toEqual(expect.arrayContaining(before));
      expect(await errorsOf(layout)).toEqual([]);
    }
    const [code] = (await once(startWriter(layout, 'last', 2), 'exit')) as [number];
    expect(code).toBe(0);
    expect(await tagsOf(layout)).toEqual(expect.arrayContaining(['last-0', 'last-1', 'k0-0']));
    expect(existsSync(join(layout, '.index.lock'))).toBe(false);
  }),
);

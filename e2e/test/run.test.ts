import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { capture } from '@mlcontainer/tools';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { mlcontainerOk } from '../src/cli.ts';
import { predict } from '../src/predict.ts';
import { makeProject, type Project } from '../src/project.ts';

const world = inject('world');

/** The row of a patient in the middle. */
const ROW = [0.01, 0.05, 0.01, 0.02, -0.01, -0.01, 0.01, 0, 0.01, 0.01];

describe('mlcontainer run', () => {
  let project: Project;

  beforeAll(async () => {
    project = await makeProject(world, 'diabetes');
    await mlcontainerOk(world, ['build'], { cwd: project.folder });
  });

  afterAll(() => project.remove());

  it.each(['docker', 'runc', 'chroot'])(
    'serves with %s, and Ctrl-C leaves nothing behind',
    async (engine) => {
      const token = `MLC_TOKEN=${randomUUID()}`;
      const { containers } = await traces(token);
      const child = spawn(
        world.bin,
        ['run', '--engine', engine, '--port', '0', '--env', token, '--json'],
        {
          cwd: project.folder,
          env: { ...process.env, MLCONTAINER_CACHE_DIR: world.store, CI: 'true' },
          stdio: ['ignore', 'pipe', 'inherit'],
        },
      );
      const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
      const { url } = await announced(child.stdout);
      expect((await predict(url, [ROW])).predictions).toHaveLength(1);
      expect((await traces(token)).processes).not.toEqual([]);
      child.kill('SIGINT');
      expect(await ended).toBe(130);
      await expect(fetch(url)).rejects.toThrow();
      expect(await traces(token)).toEqual({ containers, processes: [] });
    },
  );
});

/** The one document on standard output, which comes when the server is ready. */
async function announced(stdout: Readable): Promise<{ engine: string; url: string }> {
  let printed = '';
  for await (const chunk of stdout.iterator({ destroyOnReturn: false })) {
    printed += String(chunk);
    if (printed.trimEnd().endsWith('}'))
      return JSON.parse(printed) as { engine: string; url: string };
  }
  throw new Error('mlcontainer run ended before its server was ready.');
}

/** Docker containers, and processes in whose environment a token stands: what is left of a container. */
async function traces(token: string): Promise<{ containers: string; processes: string[] }> {
  const { stdout } = await capture('docker', ['ps', '--all', '--quiet', '--no-trunc']);
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const environments = await Promise.all(
    pids.map((pid) => readFile(`/proc/${pid}/environ`, 'latin1').catch(() => '')),
  );
  return {
    containers: stdout,
    processes: pids.filter((_, index) => environments[index]?.includes(token)),
  };
}

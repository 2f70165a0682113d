import { execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { nodePorts } from '@mlcontainer/node-ports';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { probeBuildah, type BuildahProbe } from '../src/probe.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'mlc-probe-'));
  chmodSync(folder, 0o777);
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const signal = new AbortController().signal;

describe('probeBuildah', { timeout: 120_000 }, () => {
  it('works here, with what it looked at, and leaves nothing', async () => {
    const ports = nodePorts({ env: process.env, cacheDir: folder, offline: true });
    const probe = await probeBuildah({ ports, env: process.env, signal });
    expect(probe).toMatchObject({
      works: true,
      version: expect.stringMatching(/^\d+\.\d+/) as string,
    });
    expect(probe.facts.map(({ name }) => name)).toEqual(
      expect.arrayContaining(['buildah', 'user', 'user namespaces', 'seccomp', '/dev/fuse']),
    );
    const left = readdirSync(folder, { recursive: true }).map(String);
    expect(left.filter((path) => /storage|scratch/.test(path))).toEqual([]);
  });

  it('says that it is missing, with the remedy', async () => {
    const real = nodePorts({ env: process.env, cacheDir: folder, offline: true });
    const run = () => Promise.resolve({ code: 127, stdout: new Uint8Array(), stderr: 'not found' });
    const ports = { ...real, exec: { ...real.exec, run } };
    const probe = await probeBuildah({ ports, env: process.env, signal });
    expect(probe.works).toBe(false);
    expect(probe.facts[0]).toMatchObject({ name: 'buildah', status: 'missing' });
  });

  it.each([
    ['a UID without a passwd entry', '1002440000', 'user'],
    ['a user without subordinate ids', '65534', 'subuid'],
  ])('gives %s an early refusal that names it', (_, uid, fact) => {
    const probe = probeAs(uid);
    expect(probe.works).toBe(false);
    expect(probe.facts.find(({ name }) => name === fact)).toMatchObject({
      status: 'missing',
      remedy: expect.any(String) as string,
    });
    expect(probe.remedy).toContain('root');
  });
});

/** What another user is told, who cannot gain any right. */
function probeAs(uid: string): BuildahProbe {
  const source = (name: string): string => fileURLToPath(new URL(name, import.meta.url));
  const script = `
    import { probeBuildah } from ${JSON.stringify(source('../src/probe.ts'))};
    import { nodePorts } from ${JSON.stringify(source('../../node-ports/src/index.ts'))};
    const env = process.env;
    const ports = nodePorts({ env, cacheDir: env.FOLDER, offline: true });
    const signal = new AbortController().signal;
    console.log(JSON.stringify(await probeBuildah({ ports, env, signal })));
  `;
  const drop = ['--reuid', uid, '--regid', uid, '--clear-groups', '--no-new-privs'];
  const node = ['--conditions=@mlcontainer/source', '--input-type=module-typescript', '-e', script];
  const env = { PATH: process.env['PATH'], FOLDER: join(folder, 'store'), HOME: folder };
  const out = execFileSync('setpriv', [...drop, process.execPath, ...node], {
    env,
    cwd: folder,
    encoding: 'utf8',
  });
  return JSON.parse(out) as BuildahProbe;
}

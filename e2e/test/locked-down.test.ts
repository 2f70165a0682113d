import { cp, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { output, ROOT } from '@mlcontainer/tools';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { lockDown, UID, type LockedDown } from '../src/locked-down.ts';
import { outsidePython } from '../src/outside.ts';
import { layoutDigest } from '../src/project.ts';

const world = inject('world');
const MODEL = join(ROOT, 'examples', 'diabetes', 'model.joblib');
const LOCK = 'mlcontainer.lock';

/** What a changed model may cost besides its own bytes. */
const ALLOWANCE = 64 * 1024;

let place: LockedDown;
let first: string;
let digest: string;

beforeAll(async () => {
  place = await lockDown(world, 21);
  first = await project('first');
});
afterAll(() => place.remove());

/** A user's project within the walls. */
async function project(name: string, model = MODEL): Promise<string> {
  const folder = await place.folder(name);
  await cp(model, join(folder, 'model.joblib'));
  await symlink(join(world.app, 'node_modules'), join(folder, 'node_modules'));
  const config = [
    "import { defineConfig } from 'mlcontainer';",
    "import { sklearn } from '@mlcontainer/framework-sklearn';",
    `export default defineConfig({ name: 'diabetes', model: 'model.joblib', plugins: [sklearn()], image: '${place.repository}' });`,
  ];
  await writeFile(join(folder, 'mlcontainer.config.ts'), `${config.join('\n')}\n`);
  return folder;
}

/** Like a new machine: the lock and the sources, and nothing else. */
async function withLock(name: string, model = MODEL): Promise<string> {
  const folder = await project(name, model);
  await cp(join(first, LOCK), join(folder, LOCK));
  await output('chown', [String(UID), join(folder, LOCK)]);
  return folder;
}

async function ok(args: readonly string[], cwd: string, env: Record<string, string> = {}) {
  const result = await place.cli(args, cwd, env);
  expect([result.code, result.code === 0 ? '' : result.stderr]).toEqual([0, '']);
  return result.stdout.trim();
}

describe('a locked-down machine', () => {
  test('is one', async () => {
    const status = (await place.program('cat', ['/proc/self/status'])).stdout;
    expect(status).toMatch(new RegExp(`^Uid:\\t${UID}\\t${UID}\\t`, 'm'));
    for (const line of ['CapEff:\t0000000000000000', 'CapBnd:\t0000000000000000'])
      expect(status).toContain(line);
    expect(status).toMatch(/^NoNewPrivs:\t1$/m);
    expect(status).toMatch(/^Seccomp:\t2$/m);
    expect((await place.program('sh', ['-c', 'touch "$HOME/x"'])).stderr).toMatch(/Read-only/);
    expect((await place.program('touch', ['/tmp/mlc-locked-down'])).stderr).toMatch(/Read-only/);
    expect((await place.program('unshare', ['--user', 'true'])).stderr).toMatch(/not permitted/);
    expect((await place.program('unshare', ['--mount', 'true'])).stderr).toMatch(/not permitted/);
    expect((await place.program('getent', ['passwd', String(UID)])).code).toBe(2);
    const reach = `exec 3<>/dev/tcp/127.0.0.1/${place.registry.port}`;
    expect((await place.program('bash', ['-c', reach])).stderr).toMatch(/refused/);
  });

  test('builds and pushes with nothing but the proxy', async () => {
    const reference = await ok(['push', '--tag', 'v1'], first);
    digest = await place.pushedDigest('v1');
    expect(reference).toBe(`${place.repository}@${digest}`);
  });

  test('asked no host that the plan does not name', async () => {
    const named = await ok(['plan', '--hosts', '--json'], first);
    const hosts = await place.proxy.hosts();
    expect(hosts.length).toBeGreaterThan(2);
    for (const host of hosts) expect(named).toContain(`"${host}"`);
  });

  test('pushes again with one round trip a manifest', async () => {
    const report = JSON.parse(await ok(['push', '--tag', 'v1', '--json'], first)) as {
      pushed: { sent: number; blobs: object };
    };
    expect(report.pushed).toMatchObject({
      sent: 0,
      blobs: { present: 0, mounted: 0, uploaded: 0 },
    });
  });

  test('moves only the model when only the model changed, with an empty store', async () => {
    const model = join(place.writable, 'second.joblib');
    await retrain(model);
    const second = await withLock('second', model);
    const before = await place.cable.bytes();
    await ok(['push', '--tag', 'v2'], second, {
      MLCONTAINER_CACHE_DIR: join(place.writable, 'store-2'),
    });
    const moved = (await place.cable.bytes()) - before;
    const { size } = await stat(model);
    expect(moved).toBeLessThan(size + ALLOWANCE);
    expect(await place.pushedDigest('v2')).not.toBe(digest);
  });

  test('vendors every locked input', async () => {
    const said = await ok(['vendor', '--frozen', join(place.writable, 'inputs.tar')], first);
    expect(said).toMatch(/inputs\.tar@sha256:[0-9a-f]{64}$/);
  });

  test('builds without any network, from lock and store', async () => {
    await place.cable.cut();
    const folder = await withLock('offline');
    await ok(['build', '--frozen', '--offline'], folder);
    expect(await layoutDigest(join(folder, 'dist', 'diabetes', 'image'))).toBe(digest);
  });

  test('builds without any network, from what was carried in', async () => {
    const folder = await withLock('vendored');
    const store = join(place.writable, 'store-3');
    const args = ['build', '--frozen', '--offline'];
    const without = await place.cli(args, folder, { MLCONTAINER_CACHE_DIR: store });
    expect([without.code, without.stderr]).toEqual([1, expect.stringContaining('MLC7005')]);
    await rm(store, { recursive: true, force: true });
    await ok([...args, '--vendored', join(place.writable, 'inputs.tar')], folder, {
      MLCONTAINER_CACHE_DIR: store,
    });
    expect(await layoutDigest(join(folder, 'dist', 'diabetes', 'image'))).toBe(digest);
  });
});

const RETRAIN = `
import sys
import joblib
from sklearn.base import clone
from sklearn.datasets import load_diabetes
data = load_diabetes()
model = clone(joblib.load(sys.argv[1])).fit(data.data[::2], data.target[::2])
joblib.dump(model, sys.argv[2])
`;

/** The example's model, trained again on half of its data. */
async function retrain(to: string): Promise<void> {
  const python = await outsidePython(world, ['scikit-learn==1.9.1']);
  await output(python, ['-W', 'ignore', '-', MODEL, to], { input: RETRAIN });
}

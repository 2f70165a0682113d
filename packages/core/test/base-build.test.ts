import { readdir, readFile, readlink } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Plan, PlannedImageBase } from '@mlcontainer/plugin-kit';
import { startRegistry } from '@mlcontainer/testing';
import { build, type BuildOptions } from '../src/build.ts';
import type { EngineContext } from '../src/context.ts';
import { planHosts } from '../src/hosts.ts';
import { validateImage } from '../src/image/inspect.ts';
import { readLock, writeLock } from '../src/lock/file.ts';
import { driftOf, makeLock } from '../src/lock/make.ts';
import { explain } from '../src/plan/explain.ts';
import { vendor } from '../src/vendor/pack.ts';
import { LOADER, makeBase, pythonFiles, seedBase, SYSTEM } from './support/base-image.ts';
import { baseWorld, type BaseWorld } from './support/base-world.ts';
import { testContext } from './support/context.ts';
import { emptyLock } from './support/lock.ts';
import { CONTRIBUTION, framework } from './support/project.ts';

const LAYERS = [SYSTEM, pythonFiles('usr/local', '3.11.9')];
const OTHER = [SYSTEM, pythonFiles('usr/local', '3.11.10')];

let world: BaseWorld;
beforeEach(async () => {
  world = await baseWorld();
  await seedBase(world.registry, 'team/base:v1', await makeBase({ layers: LAYERS }));
});
afterEach(() => world[Symbol.asyncDispose]());

/** Plans and locks, with no wheel, which would need an index. */
async function planned(over: object = {}): Promise<Plan> {
  const plan = await world.plan('team/base:v1', over);
  await writeLock(world.root, emptyLock(plan));
  return plan;
}

function run(
  plan: Plan,
  over: Partial<BuildOptions> = {},
  cx: EngineContext = world.cx,
): ReturnType<typeof build> {
  const options = { plan, root: world.root, frozen: false, outDir: 'dist', outputs: ['layout'] };
  return build(cx, { ...options, ...over } as BuildOptions);
}

const digestOf = (plan: Plan) => (plan.base as PlannedImageBase).images[0]!.manifest.digest;

interface Documents {
  readonly manifest: {
    readonly layers: readonly { readonly mediaType: string; readonly digest: string }[];
    readonly annotations: Readonly<Record<string, string>>;
  };
  readonly config: {
    readonly config: { readonly Env: readonly string[]; readonly User: string };
    readonly history: readonly { readonly created_by: string }[];
  };
}

async function documents(layout: string, digest: string): Promise<Documents> {
  const read = async (name: string): Promise<never> =>
    JSON.parse(await readFile(path.join(layout, 'blobs', ...name.split(':')), 'utf8')) as never;
  const manifest = await read(digest);
  const { config } = manifest as { config: { digest: string } };
  return { manifest, config: await read(config.digest) };
}

describe('the lock of a base', () => {
  test('keeps its digest when the tag moves, until it is updated', async () => {
    const plan = await planned();
    await seedBase(world.registry, 'team/base:v1', await makeBase({ layers: OTHER }));
    const again = await world.plan('team/base:v1');
    expect(digestOf(again)).toBe(digestOf(plan));
    expect(driftOf(again, await readLock(world.root))).toEqual([]);
    const updated = await world.plan('team/base:v1', {}, { update: true });
    expect(digestOf(updated)).not.toBe(digestOf(plan));
  });

  test('names no host, and answers for the same repository on another one', async () => {
    const plan = await planned();
    const text = await readFile(path.join(world.root, 'mlcontainer.lock'), 'utf8');
    expect(text).not.toContain(world.registry.host);
    expect(text).not.toMatch(/:\/\//);
    const base = { ...plan.base, reference: 'mirror.example/team/base:v1' } as const;
    expect(driftOf({ ...plan, base }, emptyLock(plan))).toEqual([]);
  });

  test('is stale when the config names another base', async () => {
    const plan = await planned();
    await seedBase(world.registry, 'team/other', await makeBase({ layers: OTHER }));
    const other = await world.plan('team/other');
    const frozen = makeLock(world.cx, other, world.root, { frozen: true, update: false });
    await expect(frozen).rejects.toMatchObject({
      code: 'MLC2202',
      data: { drift: expect.arrayContaining(['the base image has changed']) as unknown },
    });
    expect(driftOf(plan, emptyLock(other))).toContain('the base image has changed');
  });

  test('does not answer a plan that was frozen on another digest', async () => {
    const plan = await planned();
    await seedBase(world.registry, 'team/base:v1', await makeBase({ layers: OTHER }));
    const updated = await world.plan('team/base:v1', {}, { update: true });
    expect(driftOf(updated, emptyLock(plan))).toContain(
      'the base image is pinned to another digest than the plan says',
    );
  });

  test('plans without any layer on another machine, and without network on this one', async () => {
    const plan = await planned();
    const given = world.givenOut('team/base');
    const machine = await world.otherMachine();
    expect(await world.plan('team/base:v1', {}, { machine })).toEqual(plan);
    expect(world.givenOut('team/base') - given).toBeLessThan(2048);
    expect(await world.plan('team/base:v1', {}, { machine: world.offline() })).toEqual(plan);
  });
});

describe('an image on a base', () => {
  test('is whole: the base’s layers below, in OCI’s types, with their history', async () => {
    const base = await makeBase({ layers: LAYERS, format: 'docker' });
    await seedBase(world.registry, 'team/base:v1', base);
    const report = await run(await planned());
    const { findings, images } = await validateImage(world.cx, report.layout!);
    expect(findings).toEqual([]);
    expect(images[0]?.layers.slice(0, 2).map(({ digest }) => digest)).toEqual(
      base.manifest.layers.map(({ digest }) => digest),
    );
    const { manifest, config } = await documents(report.layout!, report.digest);
    for (const { mediaType } of manifest.layers)
      expect(mediaType).toMatch(/^application\/vnd\.oci/);
    expect(config.history.slice(0, 2)).toEqual([
      { created_by: 'step 0' },
      { created_by: 'step 1' },
    ]);
    expect(manifest.annotations['org.opencontainers.image.base.name']).toBe(
      `${world.registry.host}/team/base:v1`,
    );
  });

  test('takes over the base’s environment, with our folders in front', async () => {
    const env = ['PATH=/usr/local/bin', 'PYTHONPATH=/app', 'LANG=de_DE.UTF-8', 'EMPTY='];
    const config = {
      User: 'root',
      Entrypoint: ['/bin/sh'],
      OnBuild: ['RUN x'],
      Volumes: { '/v': {} },
    };
    await seedBase(world.registry, 'team/base:v1', await makeBase({ layers: LAYERS, env, config }));
    const plan = await planned({ env: { LANG: 'C.UTF-8' } });
    expect(plan.config).toMatchObject({
      user: '65532:65532',
      entrypoint: ['/usr/local/bin/python3.11', '-m', 'mlcontainer_server'],
      env: {
        PATH: '/opt/mlcontainer/bin:/usr/local/bin',
        PYTHONPATH: '/opt/mlcontainer/site:/app',
        LANG: 'C.UTF-8',
        EMPTY: '',
        HOME: '/tmp',
        SSL_CERT_FILE: '/etc/ssl/certs/ca-certificates.crt',
      },
    });
    const subjects = explain(plan, undefined, 'base').map(({ subject }) => subject);
    expect(subjects).toEqual(
      expect.arrayContaining(['base.amd64.python', 'base.config.onbuild', 'base.config.volumes']),
    );
  });

  test('counts the base’s layers, and may have two that are equal', async () => {
    const layers = [...LAYERS, { 'etc/x': '' }, { 'etc/x': '' }];
    await seedBase(world.registry, 'team/base:v1', await makeBase({ layers }));
    const plan = await planned();
    const report = await run(plan);
    expect(report.images[0]?.layers.filter(({ slot }) => slot !== 'model')).toHaveLength(5);
    const tight = { ...plan, options: { ...plan.options, maxLayers: 4 } };
    await expect(run(tight)).rejects.toMatchObject({ code: /MLC(2304|6031)/ });
  });

  test('has its own history where the base tells none', async () => {
    const base = await makeBase({ layers: LAYERS, history: [{ created_by: 'all at once' }] });
    await seedBase(world.registry, 'team/base:v1', base);
    const report = await run(await planned());
    const { config } = await documents(report.layout!, report.digest);
    expect(config.history[0]?.created_by).toBe('mlcontainer: base layer 1 of 2');
  });

  test('has no bytecode where its Python could not be run when it was pinned', async () => {
    const [architecture, loader] =
      process.arch === 'x64'
        ? (['arm64', '/lib/ld-linux-aarch64.so.1'] as const)
        : (['amd64', LOADER] as const);
    const libc = { 'usr/lib/ld-linux-aarch64.so.1': '->x86_64-linux-gnu/ld-linux-x86-64.so.2' };
    const python = pythonFiles('usr', '3.12.1', { machine: architecture, interpreter: loader });
    const image = await makeBase({ layers: [SYSTEM, libc, python], architecture });
    await seedBase(world.registry, 'team/base:v1', image);
    const plan = await planned({ bytecode: true, platforms: [`linux/${architecture}`] });
    expect(plan.options.bytecode).toBe(false);
    const [why] = explain(plan, undefined, 'options.bytecode');
    expect(why?.reason).toContain('architecture');
    const { findings } = await validateImage(world.cx, (await run(plan)).layout!);
    expect(findings).toEqual([]);
  });

  test('takes no Debian packages of a plugin', async () => {
    const source = { kind: 'debian', packages: ['libgomp1'] } as const;
    const layers = [{ id: 'omp', slot: 'runtime', reason: 'for threads', source } as const];
    const plugin = framework({ contribute: () => ({ ...CONTRIBUTION, layers }) });
    await expect(world.plan('team/base:v1', {}, { plugins: [plugin] })).rejects.toMatchObject({
      code: 'MLC6710',
      data: { owner: 'framework-some', packages: ['libgomp1'] },
    });
  });

  test('is contacted for at the registry of its base alone', async () => {
    const hosts = await planHosts(world.cx, await planned());
    const found = hosts.filter(({ purpose }) => purpose === 'base image');
    expect(found.map(({ host }) => host)).toEqual([world.registry.host]);
    expect(hosts.filter(({ purpose }) => purpose.includes('Debian'))).toEqual([]);
  });
});

test('a bundle brings the base to a machine without network', async () => {
  const plan = await planned();
  const file = path.join(world.root, 'bundle.tar');
  await vendor(world.cx, { plan, root: world.root, frozen: true, to: { file } });
  const other = await testContext();
  try {
    const machine = { ...other, cwd: world.root };
    const again = await world.plan('team/base:v1', {}, { machine, vendored: file });
    expect(again).toEqual(plan);
    const report = await run(again, { frozen: true, vendored: file }, machine);
    expect((await validateImage(machine, report.layout!)).findings).toEqual([]);
    expect(await openFiles()).not.toContain(file);
  } finally {
    await other.dispose();
  }
});

/** Where the descriptors of this process lead (proc(5), Linux); one that closes meanwhile leads nowhere. */
async function openFiles(): Promise<readonly string[]> {
  const folder = '/proc/self/fd';
  const descriptors = await readdir(folder);
  return Promise.all(descriptors.map((name) => readlink(path.join(folder, name)).catch(() => '')));
}

describe('a push of an image on a base', () => {
  const outputs = ['registry'] as const;

  test('mounts the base’s layers in its own registry, and reads none of them', async () => {
    const plan = await planned({ image: `${world.registry.host}/team/out` });
    const machine = await world.otherMachine();
    const given = world.givenOut('team/base');
    const report = await run(plan, { outputs, push: { tags: ['v1'] } }, machine);
    expect(report.pushed?.blobs.mounted).toBe(2);
    expect(world.givenOut('team/base') - given).toBeLessThan(2048);
  });

  test('asks for nothing that is there already', async () => {
    const plan = await planned({ image: `${world.registry.host}/team/out` });
    await run(plan, { outputs, push: { tags: ['v1'] } });
    const report = await run({ ...plan, name: 'renamed' }, { outputs, push: { tags: ['v2'] } });
    expect(report.pushed?.blobs).toMatchObject({ mounted: 0 });
    expect(report.pushed?.blobs.present).toBeGreaterThanOrEqual(2);
  });

  test('streams them to another registry, and keeps nothing', async () => {
    await using other = await startRegistry({ address: '127.0.0.2' });
    const registries = {
      [world.registry.host]: { plainHttp: true },
      [other.host]: { plainHttp: true },
    };
    const plan = await planned({ image: `${other.host}/team/out`, registries });
    const machine = await world.otherMachine();
    const report = await run(plan, { outputs, push: { tags: ['v1'] } }, machine);
    const { layers } = (plan.base as PlannedImageBase).images[0]!;
    for (const { digest } of layers) {
      expect(await other.readBlob('team/out', digest)).toBeDefined();
      expect(await machine.ports.store.path(digest.slice(7))).toBeUndefined();
    }
    expect(report.pushed?.blobs.mounted).toBe(0);
  });
});

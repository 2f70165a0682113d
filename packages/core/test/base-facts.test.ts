import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { PlannedImageBase } from '@mlcontainer/plugin-kit';
import {
  LOADER,
  makeBase,
  pythonFiles,
  seedBase,
  SYSTEM,
  type BaseSpec,
  type LayerFiles,
} from './support/base-image.ts';
import { baseWorld, type BaseWorld } from './support/base-world.ts';
import { makeElf } from './support/elf.ts';

let world: BaseWorld;
beforeEach(async () => {
  world = await baseWorld();
});
afterEach(() => world[Symbol.asyncDispose]());

/** The plan on a base of these layers. */
async function planOn(layers: readonly LayerFiles[], spec: Partial<BaseSpec> = {}) {
  await seedBase(world.registry, 'base', await makeBase({ layers, ...spec }));
  return world.plan('base');
}

async function factsOn(layers: readonly LayerFiles[], spec: Partial<BaseSpec> = {}) {
  const { base } = await planOn(layers, spec);
  return (base as PlannedImageBase).images[0]!.facts;
}

const SLIM = [SYSTEM, pythonFiles('usr/local', '3.11.9')];

describe('the Python of a base', () => {
  test('is found by the image’s PATH, and its version is read out of the program', async () => {
    const plan = await planOn(SLIM);
    expect(plan.python).toEqual({
      version: '3.11',
      executable: '/usr/local/bin/python3.11',
      site: '/opt/mlcontainer/site',
      bin: '/opt/mlcontainer/bin',
    });
    const facts = (plan.base as PlannedImageBase).images[0]!.facts;
    expect(facts).toMatchObject({
      system: 'Some Linux 12',
      glibc: '2.36',
      python: { version: '3.11.9', prefix: '/usr/local', stdlib: '/usr/local/lib/python3.11' },
      distributions: ['pip==24.0'],
      folderLinks: ['bin', 'lib', 'lib64'],
      missingLibraries: ['libstdc++.so.6'],
      caBundle: '/etc/ssl/certs/ca-certificates.crt',
    });
  });

  test.each([['oci'], ['docker']] as const)('is the same in an index of %s', async (format) => {
    const amd64 = await makeBase({ layers: SLIM, format });
    const other = { layers: [SYSTEM], format, architecture: 'arm64' } as const;
    await seedBase(world.registry, 'base', await makeBase(other), amd64);
    expect((await world.plan('base')).python.executable).toBe('/usr/local/bin/python3.11');
  });

  test('is the one of a virtual environment that stands first on PATH', async () => {
    const venv = {
      'opt/venv/bin/python3': '->/usr/local/bin/python3.11',
      'opt/venv/pyvenv.cfg': 'home = /usr/local/bin\nversion = 3.11.9\n',
      'opt/venv/lib/python3.11/site-packages/numpy-2.4.0.dist-info/METADATA': '',
    };
    const { python, distributions } = await factsOn([...SLIM, venv], {
      env: ['PATH=/opt/venv/bin:/usr/local/bin'],
    });
    expect(python).toMatchObject({
      executable: '/opt/venv/bin/python3',
      binary: '/usr/local/bin/python3.11',
      prefix: '/usr/local',
    });
    expect(distributions).toEqual(['numpy==2.4.0']);
  });

  test('is the next one where the first cannot be used', async () => {
    const old = pythonFiles('usr', '3.9.2');
    const { python } = await factsOn([SYSTEM, old, pythonFiles('opt/conda', '3.12.4')], {
      env: ['PATH=/usr/bin'],
    });
    expect(python.executable).toBe('/opt/conda/bin/python3.12');
  });

  test('tells its version by its shared library', async () => {
    const program = { needed: ['libpython3.12.so.1.0'], runPath: '$ORIGIN/../lib', texts: [] };
    const library = makeElf({ texts: ['3.12.1', '3.4.0'] });
    const { python } = await factsOn([
      SYSTEM,
      pythonFiles('opt/py', '3.12.1', program),
      { 'opt/py/lib/libpython3.12.so.1.0': library },
    ]);
    expect(python).toMatchObject({ version: '3.12.1', executable: '/opt/py/bin/python3.12' });
  });

  test.each([
    ['without', {}, false],
    ['with', { 'usr/local/lib/python3.11/__pycache__/os.cpython-311.pyc': '' }, true],
  ])('comes %s bytecode of its standard library', async (_, files, compiled) => {
    const { python } = await factsOn([...SLIM, files]);
    expect(python.compiled).toBe(compiled);
  });

  test('tells its version by its headers, where the program does not', async () => {
    const header = '#define PY_VERSION              "3.13.2+"\n';
    const { python } = await factsOn([
      SYSTEM,
      pythonFiles('usr', '3.13.2', { texts: [] }),
      { 'usr/include/python3.13/patchlevel.h': header },
    ]);
    expect(python.version).toBe('3.13.2');
  });
});

describe('a base without a Python that can be used', () => {
  const whiteouts = { 'usr/local/bin/python3': null, 'usr/local/bin/python3.11': null };
  const without = (version: string, elf = {}) => [SYSTEM, pythonFiles('usr', version, elf)];
  const library = { needed: ['libpython3.11.so.1.0'] };
  test.each<[string, readonly LayerFiles[], string, string]>([
    ['has none', [SYSTEM], 'MLC6704', '/usr/bin'],
    ['hides it by whiteouts', [...SLIM, whiteouts], 'MLC6704', '/usr/local/bin'],
    ['is too old', without('3.9.2'), 'MLC6705', 'too old'],
    ['is too new', without('3.19.0'), 'MLC6705', 'newer'],
    [
      'is musl’s',
      without('3.11.9', { interpreter: '/lib/ld-musl-x86_64.so.1' }),
      'MLC6706',
      'musl',
    ],
    ['is of another machine', without('3.11.9', { machine: 'arm64' }), 'MLC6705', 'arm64'],
    ['has an unknown loader', without('3.11.9', { interpreter: '/lib/ld.so' }), 'MLC6705', 'ld.so'],
    ['does not say its version', without('3.11.9', { texts: [] }), 'MLC6705', 'cannot be told'],
    ['lacks its library', without('3.11.9', library), 'MLC6705', 'libpython3.11.so.1.0'],
    ['is a script', [...SLIM, { 'usr/local/bin/python3.11': '#!/bin/sh\n' }], 'MLC6705', 'script'],
    [
      'lacks its standard library',
      [...SLIM, { 'usr/local/lib/python3.11/os.py': null }],
      'MLC6705',
      'standard library',
    ],
    [
      'is PyPy',
      [
        SYSTEM,
        { 'usr/bin/python3': '->pypy3.11', 'usr/bin/pypy3.11': makeElf({ interpreter: LOADER }) },
      ],
      'MLC6705',
      'PyPy',
    ],
  ])('%s', async (_, layers, code, words) => {
    await expect(planOn(layers)).rejects.toMatchObject({
      code,
      message: expect.stringContaining(words) as unknown,
    });
  });

  test('names every candidate with its reason', async () => {
    const layers = [SYSTEM, pythonFiles('usr', '3.9.2'), pythonFiles('opt/x', '3.8.1')];
    await expect(planOn(layers)).rejects.toMatchObject({
      data: {
        rejected: [
          expect.stringMatching(/^\/usr\/bin\/python3\.9: /) as unknown,
          expect.stringMatching(/^\/opt\/x\/bin\/python3\.8: /) as unknown,
        ],
      },
    });
  });
});

describe('a base that is refused', () => {
  test('lacks the platform, and the others are named', async () => {
    await seedBase(world.registry, 'base', await makeBase({ layers: SLIM }));
    await expect(world.plan('base', { platforms: ['linux/arm64'] })).rejects.toMatchObject({
      code: 'MLC6702',
      data: { available: ['linux/amd64'] },
    });
  });

  test('has other Pythons on its platforms', async () => {
    const python = { interpreter: '/usr/lib/ld-linux-aarch64.so.1', machine: 'arm64' } as const;
    const loader = { 'usr/lib/ld-linux-aarch64.so.1': '->x86_64-linux-gnu/libc.so.6' };
    const layers = [SYSTEM, loader, pythonFiles('usr/local', '3.12.1', python)];
    const images = [
      await makeBase({ layers: SLIM }),
      await makeBase({ layers, architecture: 'arm64' }),
    ];
    await seedBase(world.registry, 'base', ...images);
    const platforms = ['linux/amd64', 'linux/arm64'] as const;
    await expect(world.plan('base', { platforms: [...platforms] })).rejects.toMatchObject({
      code: 'MLC6707',
      data: { values: ['3.11', '3.12'] },
    });
  });

  test.each<[string, (base: Awaited<ReturnType<typeof makeBase>>) => void, string]>([
    [
      'is an artifact',
      ({ manifest }) => {
        manifest.config.mediaType = 'application/vnd.oci.empty.v1+json';
      },
      'MLC6701',
    ],
    [
      'has a layer that may not be distributed',
      ({ manifest }) => {
        manifest.layers[0]!.mediaType = 'application/vnd.docker.image.rootfs.foreign.diff.tar.gzip';
      },
      'MLC6703',
    ],
    [
      'has an encrypted layer',
      ({ manifest }) => {
        manifest.layers[0]!.mediaType += '+encrypted';
      },
      'MLC6703',
    ],
    [
      'has more diff IDs than layers',
      ({ manifest }) => {
        manifest.layers.pop();
      },
      'MLC6701',
    ],
    [
      'has its layers in another order than its diff IDs',
      ({ manifest }) => {
        manifest.layers.reverse();
      },
      'MLC6709',
    ],
  ])('%s', async (_, spoil, code) => {
    const base = await makeBase({ layers: SLIM });
    spoil(base);
    await seedBase(world.registry, 'base', base);
    await expect(world.plan('base')).rejects.toMatchObject({ code });
  });

  test('misses a layer in the registry', async () => {
    await seedBase(world.registry, 'base', await makeBase({ layers: SLIM }));
    const then = { kind: 'forget-blobs' } as const;
    world.registry.addFaults({ name: 'lost', on: { endpoint: 'manifest' }, then });
    await expect(world.plan('base')).rejects.toMatchObject({ code: 'MLC6511' });
  });

  test('comes changed over the wire', async () => {
    await seedBase(world.registry, 'base', await makeBase({ layers: SLIM }));
    const on = { endpoint: 'blob', method: 'GET', nth: { from: 2 } } as const;
    world.registry.addFaults({ name: 'damage', on, then: { kind: 'damage', at: -20 } });
    await expect(world.plan('base')).rejects.toMatchObject({ code: 'MLC6513' });
  });

  test('holds packages of an image that we made', async () => {
    const own = { 'opt/mlcontainer/site/numpy/__init__.py': '' };
    await expect(planOn([...SLIM, own])).rejects.toMatchObject({ code: 'MLC6708' });
  });

  test('has /opt as a link', async () => {
    const layers = [...SLIM, { opt: '->var/opt', 'var/opt/x': '' }];
    await expect(planOn(layers)).rejects.toMatchObject({
      code: 'MLC6708',
      data: { path: expect.stringMatching(/^\/opt\//) as unknown },
    });
  });
});

import { spawn } from 'node:child_process';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ErrorCode } from '@mlcontainer/plugin-kit';
import { ROOT, capture, output } from '@mlcontainer/tools';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, inject, it } from 'vitest';
import { mlcontainer, mlcontainerOk } from '../src/cli.ts';
import { configure } from '../src/configure.ts';
import { layoutDigest, makeProject, type Project } from '../src/project.ts';
import { expectRefusal } from '../src/refusal.ts';

const world = inject('world');

let project: Project;
let scratch: string;

/** The environment of a build from an empty store. */
function cold(): Record<string, string> {
  return { ...world.mirrors, MLCONTAINER_CACHE_DIR: join(scratch, 'store') };
}

beforeEach(async () => {
  project = await makeProject(world, 'diabetes');
  scratch = await mkdtemp(join(tmpdir(), 'mlc-scratch-'));
});

afterEach(async () => {
  await project.remove();
  await rm(scratch, { recursive: true, force: true });
});

describe('a bad Python package stops the build', () => {
  let packages: string;

  beforeAll(async () => {
    packages = await mkdtemp(join(tmpdir(), 'mlc-packages-'));
    await output('python3', [join(ROOT, 'e2e', 'python', 'bad_packages.py'), packages]);
  });

  afterAll(() => rm(packages, { recursive: true, force: true }));

  async function buildWith(requirement: string) {
    await configure(project, `requirements: ['${requirement}']`);
    const links = [process.env['PIP_FIND_LINKS'], packages].filter(Boolean).join(' ');
    return await mlcontainer(world, ['build'], {
      cwd: project.folder,
      env: { PIP_FIND_LINKS: links },
    });
  }

  it.each<[string, ErrorCode]>([
    ['mlcliar', 'MLC5032'],
    ['mlcescape', 'MLC5030'],
    ['mlcsource', 'MLC5011'],
    ['mlcnowhere-to-be-found', 'MLC5010'],
  ])('%s with %s', async (requirement, code) => {
    expectRefusal(await buildWith(requirement), code);
    await expect(readdir(project.layout)).rejects.toThrow('ENOENT');
  });

  it('and a good one from a folder does not', async () => {
    expect(await buildWith('mlcgood')).toMatchObject({ code: 0 });
  });
});

describe('a lock', () => {
  it('is needed by --frozen', async () => {
    await rm(join(project.folder, 'mlcontainer.lock'), { force: true });
    expectRefusal(
      await mlcontainer(world, ['build', '--frozen'], { cwd: project.folder }),
      'MLC2201',
    );
  });

  it('that is stale stops --frozen', async () => {
    await mlcontainerOk(world, ['lock'], { cwd: project.folder });
    await configure(project, "requirements: ['orjson>=3', 'six']");
    expectRefusal(
      await mlcontainer(world, ['build', '--frozen'], { cwd: project.folder }),
      'MLC2202',
    );
  });

  it('with another hash stops the build', async () => {
    await mlcontainerOk(world, ['lock'], { cwd: project.folder });
    const lock = join(project.folder, 'mlcontainer.lock');
    await output('python3', ['-c', FORGE, lock]);
    const options = { cwd: project.folder, env: cold() };
    expectRefusal(
      await mlcontainer(world, ['build', '--frozen'], options),
      'MLC7003',
      'MLC5023',
      'MLC5020',
    );
  });

  it('without network and store says so', async () => {
    await mlcontainerOk(world, ['lock'], { cwd: project.folder });
    const options = { cwd: project.folder, env: cold() };
    expectRefusal(await mlcontainer(world, ['build', '--frozen', '--offline'], options), 'MLC7005');
  });
});

/** Turns the first digit of scikit-learn's hash in a lock. */
const FORGE = `
import json, pathlib, sys
path = pathlib.Path(sys.argv[1])
def forge(value):
    if isinstance(value, dict):
        if any(isinstance(v, str) and v.startswith('scikit_learn-') for v in value.values()):
            value['sha256'] = ('0' if value['sha256'][0] != '0' else '1') + value['sha256'][1:]
        for inner in value.values():
            forge(inner)
    elif isinstance(value, list):
        for inner in value:
            forge(inner)
lock = json.loads(path.read_text())
forge(lock)
path.write_text(json.dumps(lock, indent=2) + '\\n')
`;

describe('a machine that fails', () => {
  it('with a full disk leaves nothing half-written', async () => {
    await mlcontainerOk(world, ['lock'], { cwd: project.folder });
    const disk = join(scratch, 'disk');
    await output('mkdir', [disk]);
    await output('mount', ['-t', 'tmpfs', '-o', 'size=24m', 'tmpfs', disk]);
    const options = {
      cwd: project.folder,
      env: { ...cold(), MLCONTAINER_CACHE_DIR: join(disk, 'store') },
    };
    const result = await mlcontainer(world, ['build', '--frozen'], options);
    await capture('umount', [disk]);
    expectRefusal(result, 'MLC7010');
    await expect(readdir(project.layout)).rejects.toThrow('ENOENT');
  });

  it('with a damaged store builds the same again', async () => {
    const env = cold();
    await mlcontainerOk(world, ['build'], { cwd: project.folder, env });
    const before = await layoutDigest(project.layout);
    await output('sh', ['-c', DAMAGE, 'sh', join(scratch, 'store')]);
    await mlcontainerOk(world, ['build', '--frozen'], { cwd: project.folder, env });
    expect(await layoutDigest(project.layout)).toBe(before);
  });
});

/** Cuts every file of the store that is larger than a page. */
const DAMAGE = 'find "$1" -type f -size +8k -exec chmod u+w {} + -exec truncate -s -1 {} +';

describe('builds that meet', () => {
  it('in one project: the second is told, the first ends well', async () => {
    await mlcontainerOk(world, ['lock'], { cwd: project.folder });
    const env = cold();
    const options = { cwd: project.folder, env };
    const builds = [1, 2].map(() => mlcontainer(world, ['build', '--frozen'], options));
    const results = await Promise.all(builds);
    const [won, lost] = results.toSorted((a, b) => a.code - b.code);
    expect(won?.code).toBe(0);
    // Both end well where the second came when the first had ended.
    if (lost && lost.code !== 0) expectRefusal(lost, 'MLC2302');
    expect(await layoutDigest(project.layout)).toMatch(/^sha256:/);
  });

  it('in one store: both end well, with one digest', async () => {
    const other = await makeProject(world, 'diabetes');
    const env = cold();
    await mlcontainerOk(world, ['lock'], { cwd: project.folder });
    await output('cp', [join(project.folder, 'mlcontainer.lock'), other.folder]);
    const folders = [project.folder, other.folder];
    await Promise.all(
      folders.map((cwd) => mlcontainerOk(world, ['build', '--frozen'], { cwd, env })),
    );
    expect(await layoutDigest(other.layout)).toBe(await layoutDigest(project.layout));
    await other.remove();
  });
});

describe('a build that is killed', () => {
  it.each(['SIGKILL', 'SIGINT'] as const)(
    'by %s at any moment leaves nothing that harms the next',
    async (name) => {
      await mlcontainerOk(world, ['lock'], { cwd: project.folder });
      const env = cold();
      for (const moment of [100, 250, 400, 700, 1100, 1600]) {
        const child = spawn(world.bin, ['build', '--frozen'], {
          cwd: project.folder,
          env: { ...process.env, ...env, CI: 'true' },
          stdio: 'ignore',
        });
        const ended = new Promise((resolve) => child.once('exit', resolve));
        await sleep(moment);
        child.kill(name);
        await ended;
        // An output is whole or not there.
        const files = await readdir(project.layout).catch(() => []);
        if (files.length > 0)
          expect(files).toEqual(expect.arrayContaining(['blobs', 'index.json', 'oci-layout']));
      }
      await mlcontainerOk(world, ['build', '--frozen'], { cwd: project.folder, env });
      await mlcontainerOk(world, ['inspect', project.layout], { cwd: project.folder, env });
      const left = (await readdir(join(project.folder, 'dist'))).filter(
        (entry) => entry !== 'diabetes',
      );
      expect(left).toEqual([]);
    },
  );
});

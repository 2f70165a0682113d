import { spawn } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { capture, output } from '@mlcontainer/tools';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { mlcontainer, mlcontainerOk } from '../src/cli.ts';
import { configure } from '../src/configure.ts';
import { predict } from '../src/predict.ts';
import { layoutDigest, makeProject, type Project } from '../src/project.ts';

const world = inject('world');

const ROW = [0.01, 0.05, 0.01, 0.02, -0.01, -0.01, 0.01, 0, 0.01, 0.01];

/** Answers with what the steps left in the image. */
const HANDLER = `
from pathlib import Path

def postprocess(predictions, parameters):
    return [Path("/opt/made").read_text().strip(), Path("/etc/passwd").read_text()]
`;

/** A package that makes an account and a font cache in its scripts, and a step that imports what wheels brought. */
const OPTIONS = `
  name: 'diabetes',
  handler: 'handler.py',
  base: base('bookworm', { packages: ['dbus-system-bus-common', 'fontconfig'], scripts: true }),
  run: ['python3 -c "import sklearn; print(sklearn.__version__)" > /opt/made; ls /bin/sh'],
`;

describe('an image with steps', () => {
  let project: Project;
  let layout: string;

  beforeAll(async () => {
    project = await makeProject(world, 'diabetes');
    await writeFile(join(project.folder, 'handler.py'), HANDLER);
    await configure(project, OPTIONS);
    await mlcontainerOk(world, ['build'], { cwd: project.folder });
    ({ layout } = project);
  });

  afterAll(() => project.remove());

  it('has the same digest from an empty store', async () => {
    const digest = await layoutDigest(layout);
    const store = await mkdtemp(join(tmpdir(), 'mlc-cold-'));
    try {
      const env = { MLCONTAINER_CACHE_DIR: store };
      await mlcontainerOk(world, ['build', '--frozen'], { cwd: project.folder, env });
      expect(await layoutDigest(layout)).toBe(digest);
    } finally {
      await rm(store, { recursive: true, force: true });
    }
  });

  it('is valid for us, skopeo and umoci, and holds what scripts and steps made, but no shell', async () => {
    await mlcontainerOk(world, ['inspect', layout], { cwd: project.folder });
    const bundle = await mkdtemp(join(tmpdir(), 'mlc-umoci-'));
    try {
      // umoci addresses images by tag, which a layout of ours has no need of.
      const image = `${join(bundle, 'copy')}:step`;
      await output('skopeo', ['copy', '--quiet', `oci:${layout}`, `oci:${image}`]);
      await output('umoci', ['unpack', '--image', image, join(bundle, 'b')]);
      const root = join(bundle, 'b/rootfs');
      expect(await readFile(join(root, 'etc/passwd'), 'utf8')).toContain('messagebus:');
      expect(await readFile(join(root, 'opt/made'), 'utf8')).toMatch(/^\d+\.\d+/);
      expect(await readdir(join(root, 'usr/bin'))).not.toContain('sh');
      expect(await readdir(join(root, 'var/lib/dpkg'))).toEqual(['status.d']);
      expect(await readdir(join(root, 'var/lib/dpkg/status.d'))).toContain('fontconfig');
    } finally {
      await rm(bundle, { recursive: true, force: true });
    }
  });

  it.each(['runc', 'chroot'])('runs with %s and sees the file that a step made', async (engine) => {
    const child = spawn(world.bin, ['run', '--engine', engine, '--port', '0', '--json'], {
      cwd: project.folder,
      env: { ...process.env, MLCONTAINER_CACHE_DIR: world.store, CI: 'true' },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const ended = new Promise((resolve) => child.once('exit', resolve));
    const { predictions } = await predict(await announced(child.stdout), [ROW]);
    expect(predictions).toEqual([
      expect.stringMatching(/^\d+\.\d+/),
      expect.stringContaining('messagebus:'),
    ]);
    child.kill('SIGINT');
    await ended;
  });

  it('repeats no step when only the model’s layers change', async () => {
    await writeFile(join(project.folder, 'handler.py'), `${HANDLER}\n# more\n`);
    await mlcontainerOk(world, ['build'], { cwd: project.folder });
    const report = JSON.parse(await readFile(join(project.dist, 'build.json'), 'utf8')) as Report;
    const made = report.images[0]?.layers.filter((layer) => !layer.reused);
    expect(made?.map(({ slot }) => slot)).not.toContain('dependencies');
  });

  it('ends a step by Ctrl-C and leaves no mount, no process and no file', async () => {
    await configure(
      project,
      `${OPTIONS.replace(/run: .*/, "run: ['echo started; sleep 987654'],")}`,
    );
    const child = spawn(world.bin, ['build'], {
      cwd: project.folder,
      env: { ...process.env, MLCONTAINER_CACHE_DIR: world.store, CI: 'true' },
      stdio: 'ignore',
    });
    const ended = new Promise((resolve) => child.once('exit', resolve));
    while (!(await processes()).includes('sleep 987654'))
      await new Promise((resolve) => setTimeout(resolve, 200));
    child.kill('SIGINT');
    expect(await ended).toBe(130);
    expect(await processes()).not.toContain('987654');
    expect(await readFile('/proc/self/mounts', 'utf8')).not.toContain(world.store);
    const left = (await readdir(join(world.store, 'v1/tmp')).catch(() => [])).join('\n');
    expect(left).toBe('');
  });

  it('says at once that a user without rights cannot run steps', async () => {
    const drop = ['setpriv', '--reuid', '1002440000', '--regid', '1002440000', '--clear-groups'];
    const store = await mkdtemp(join(tmpdir(), 'mlc-refused-'));
    try {
      await output('chmod', ['777', store]);
      await output('chmod', ['-R', 'a+rX', project.folder]);
      const options = {
        cwd: project.folder,
        through: [...drop, '--no-new-privs'],
        env: { MLCONTAINER_CACHE_DIR: join(store, 's'), HOME: store },
      };
      const { code, stderr } = await mlcontainer(world, ['plan'], options);
      expect(code).toBe(1);
      expect(stderr).toContain('MLC8502');
      expect(stderr).toContain('passwd');
    } finally {
      await rm(store, { recursive: true, force: true });
    }
  });
});

interface Report {
  readonly images: readonly {
    readonly layers: readonly { readonly slot: string; readonly reused: boolean }[];
  }[];
}

async function processes(): Promise<string> {
  return (await capture('ps', ['-eo', 'args'])).stdout;
}

/** The address in the document that is printed when the server is ready. */
async function announced(stdout: Readable): Promise<string> {
  let printed = '';
  for await (const chunk of stdout.iterator({ destroyOnReturn: false })) {
    printed += String(chunk);
    if (printed.trimEnd().endsWith('}')) return (JSON.parse(printed) as { url: string }).url;
  }
  throw new Error('mlcontainer run ended before its server was ready.');
}

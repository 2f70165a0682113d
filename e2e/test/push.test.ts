import { spawn } from 'node:child_process';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { output, startRealRegistry, type RealRegistry } from '@mlcontainer/tools';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { mlcontainer, mlcontainerOk } from '../src/cli.ts';
import { configure } from '../src/configure.ts';
import { layoutDigest, makeProject, type Project } from '../src/project.ts';

const world = inject('world');

interface Pushed {
  readonly digest: string;
  readonly pushed: {
    readonly sent: number;
    readonly blobs: {
      readonly present: number;
      readonly mounted: number;
      readonly uploaded: number;
    };
  };
}

let folder: string;
let registry: RealRegistry;
let project: Project;
let digest: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mlc-push-'));
  registry = await startRealRegistry({ folder: join(folder, 'registry') });
  project = await makeProject(world, 'diabetes');
  const registries = `registries: { '${registry.host}': { plainHttp: true } }`;
  const image = `image: '${registry.host}/team/diabetes'`;
  await configure(project, `name: 'diabetes', ${image}, ${registries}`);
  await mlcontainerOk(world, ['build'], { cwd: project.folder });
  digest = await layoutDigest(project.layout);
});
afterAll(async () => {
  await registry.stop();
  await project.remove();
  await rm(folder, { recursive: true, force: true });
});

async function push(...args: readonly string[]): Promise<Pushed> {
  const said = await mlcontainerOk(world, ['push', '--json', ...args], { cwd: project.folder });
  return JSON.parse(said) as Pushed;
}

describe('a push', () => {
  test('brings what was built, and what skopeo, buildah, podman and docker read', async () => {
    const report = await push('--tag', 'v1,stable');
    expect(report.digest).toBe(digest);
    expect(report.pushed.blobs.uploaded).toBeGreaterThan(10);
    const source = `docker://${registry.host}/team/diabetes`;
    for (const tag of ['v1', 'stable']) {
      const args = ['inspect', '--tls-verify=false', '--format', '{{.Digest}}', `${source}:${tag}`];
      expect((await output('skopeo', args)).trim()).toBe(digest);
    }
    const copied = `oci:${join(folder, 'copied')}`;
    await output('skopeo', ['copy', '--quiet', '--src-tls-verify=false', `${source}:v1`, copied]);
    expect(await layoutDigest(join(folder, 'copied'))).toBe(digest);
    const storage = ['--root', join(folder, 'buildah'), '--runroot', join(folder, 'run')];
    const pull = ['pull', '--quiet', '--tls-verify=false', `${source}:v1`];
    await output('buildah', [...storage, '--storage-driver', 'vfs', ...pull]);
    await output('docker', ['pull', '--quiet', `${registry.host}/team/diabetes:v1`]);
    const name = `${registry.host}/team/diabetes@${digest}`;
    const shown = await output('docker', ['image', 'inspect', '--format', '{{.Os}}', name]);
    expect(shown.trim()).toBe('linux');
  });

  test('reads in the same repository what buildah, docker and skopeo write there', async () => {
    const source = `${registry.host}/team/diabetes`;
    const storage = ['--root', join(folder, 'buildah'), '--runroot', join(folder, 'run')];
    const write = ['push', '--quiet', '--tls-verify=false', `${source}:v1`];
    await output('buildah', [
      ...[...storage, '--storage-driver', 'vfs', ...write],
      `docker://${source}:buildah`,
    ]);
    await output('docker', ['tag', `${source}:v1`, `${source}:docker`]);
    await output('docker', ['push', '--quiet', `${source}:docker`]);
    const skopeo = ['copy', '--quiet', '--src-tls-verify=false', '--dest-tls-verify=false'];
    const target = `docker://${source}:skopeo`;
    await output('skopeo', [...skopeo, '--format', 'v2s2', `docker://${source}:v1`, target]);
    for (const writer of ['buildah', 'docker', 'skopeo']) {
      const layout = join(folder, `by-${writer}`);
      const args = ['artifact', 'copy', `${source}:${writer}`, `oci:${layout}:v1`];
      const config = ['--config', 'mlcontainer.config.ts'];
      await mlcontainerOk(world, [...args, ...config], { cwd: project.folder });
      const inspect = ['inspect', '--format', '{{.Digest}}', `docker://${source}:${writer}`];
      const there = (await output('skopeo', [...inspect, '--tls-verify=false'])).trim();
      expect(await layoutDigest(layout)).toBe(there);
    }
  });

  test('sends nothing when nothing changed', async () => {
    const report = await push('--tag', 'v1');
    expect(report.pushed).toMatchObject({
      sent: 0,
      blobs: { present: 0, mounted: 0, uploaded: 0 },
    });
  });

  test('mounts in another repository of the registry what it pushed before', async () => {
    const report = await push(`${registry.host}/other/place:v1`);
    expect(report.digest).toBe(digest);
    expect(report.pushed.blobs.mounted).toBeGreaterThan(10);
    expect(report.pushed.sent).toBeLessThan(64 * 1024);
  });

  test('needs a repository', async () => {
    await configure(project, "name: 'diabetes'");
    const result = await mlcontainer(world, ['push'], { cwd: project.folder });
    expect([result.code, result.stderr]).toEqual([2, expect.stringContaining('MLC6540')]);
    await configured();
  });

  test('of sixteen clients at once, with one store, leaves one image', async () => {
    const repository = `${registry.host}/crowd/diabetes`;
    const clients = Array.from({ length: 16 }, (_, client) =>
      mlcontainer(world, ['push', `${repository}:c${client}`, '--out', `dist-${client}`], {
        cwd: project.folder,
      }),
    );
    const results = await Promise.all(clients);
    for (const { code, stdout, stderr } of results)
      expect([code, stdout.trim(), code === 0 ? '' : stderr]).toEqual([
        0,
        `${repository}@${digest}`,
        '',
      ]);
    const listed = await fetch(`http://${registry.host}/v2/crowd/diabetes/tags/list`);
    expect(((await listed.json()) as { tags: string[] }).tags).toHaveLength(16);
  });

  test.each([40, 120, 250, 500])('killed after %i ms goes on where it was', async (delay) => {
    const repository = `${registry.host}/killed-${delay}/diabetes`;
    await killedPush(repository, delay);
    const before = await blobsOf(`killed-${delay}/diabetes`);
    const report = await push(`${repository}:v1`);
    expect(report.digest).toBe(digest);
    const { present, uploaded, mounted } = report.pushed.blobs;
    // Where the first one came to its end, there is nothing to look at.
    const isDone = uploaded + mounted + present === 0;
    expect(isDone || present >= before.length).toBe(true);
  });
});

async function configured(): Promise<void> {
  const registries = `registries: { '${registry.host}': { plainHttp: true } }`;
  const image = `image: '${registry.host}/team/diabetes'`;
  await configure(project, `name: 'diabetes', ${image}, ${registries}`);
}

/** Starts a push and ends it without warning a moment after its first request. */
async function killedPush(repository: string, delay: number): Promise<void> {
  const child = spawn(world.bin, ['push', `${repository}:v1`], {
    cwd: project.folder,
    env: { ...process.env, MLCONTAINER_CACHE_DIR: world.store, CI: 'true' },
    stdio: 'ignore',
  });
  const ended = new Promise((resolve) => child.once('close', resolve));
  setTimeout(() => child.kill('SIGKILL'), 400 + delay);
  await ended;
}

/** The blobs that the registry has linked to a repository. */
async function blobsOf(repository: string): Promise<readonly string[]> {
  const path = join(folder, 'registry', 'data', 'docker', 'registry', 'v2', 'repositories');
  return readdir(join(path, repository, '_layers', 'sha256')).catch(() => []);
}

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { output, serve, type Loopback } from '@mlcontainer/tools';
import { afterAll, afterEach, beforeAll, describe, expect, inject, it } from 'vitest';
import { mlcontainer } from '../src/cli.ts';
import { configure } from '../src/configure.ts';
import { makeProject, type Project } from '../src/project.ts';
import { expectRefusal } from '../src/refusal.ts';

const world = inject('world');

/** Changes what a mirror answers; gives it back as it is for the paths that it leaves alone. */
type Change = (path: string, body: Buffer) => Buffer | undefined;

describe('a bad Debian mirror stops the build', () => {
  let project: Project;
  let scratch: string;
  let mirror: Loopback;
  let change: Change = (_, body) => body;

  beforeAll(async () => {
    project = await makeProject(world, 'diabetes');
    scratch = await mkdtemp(join(tmpdir(), 'mlc-debian-'));
    const upstream = new URL('..', `${world.mirrors['MLCONTAINER_DEBIAN_MIRROR']}/`).href;
    mirror = await serve((request, response) => {
      void (async () => {
        const path = (request.url ?? '/').slice(1);
        const answer = await fetch(upstream + path);
        const body = change(path, Buffer.from(await answer.arrayBuffer()));
        response.writeHead(body === undefined ? 404 : answer.status).end(body);
      })();
    });
  });

  afterEach(async () => {
    change = (_, body) => body;
    await rm(join(scratch, 'store'), { recursive: true, force: true });
    await rm(join(project.folder, 'mlcontainer.lock'), { force: true });
    await configure(project, '');
  });

  afterAll(async () => {
    await mirror.stop();
    await project.remove();
    await rm(scratch, { recursive: true, force: true });
  });

  async function build() {
    const env = {
      ...world.mirrors,
      MLCONTAINER_CACHE_DIR: join(scratch, 'store'),
      MLCONTAINER_DEBIAN_MIRROR: `${mirror.url}/debian`,
      MLCONTAINER_DEBIAN_SECURITY_MIRROR: `${mirror.url}/debian-security`,
      MLCONTAINER_DEBIAN_SNAPSHOT: 'off',
    };
    return await mlcontainer(world, ['build'], { cwd: project.folder, env });
  }

  function changing(end: string, how: (body: Buffer) => Buffer | undefined): Change {
    return (path, body) => (path.endsWith(end) ? how(body) : body);
  }

  it('whose release file is not signed', async () => {
    change = changing('/InRelease', (body) =>
      Buffer.from(/Origin:[\s\S]*?(?=-----BEGIN)/.exec(String(body))?.[0] ?? ''),
    );
    expectRefusal(await build(), 'MLC4001');
  });

  it('whose release file was changed after it was signed', async () => {
    change = changing('/InRelease', (body) =>
      Buffer.from(String(body).replace('Label: Debian', 'Label: Fedora')),
    );
    expectRefusal(await build(), 'MLC4004');
  });

  it('whose package index is another than the signed one', async () => {
    change = (path, body) => (/\/Packages[.\w]*$|\/by-hash\//.test(path) ? flipped(body) : body);
    expectRefusal(await build(), 'MLC7003', 'MLC7004', 'MLC4015');
  });

  it('whose package was changed', async () => {
    change = (path, body) => (/\/libc6_[^/]*\.deb$/.test(path) ? flipped(body) : body);
    expectRefusal(await build(), 'MLC7003');
    expect(
      (await mlcontainer(world, ['inspect', project.layout], { cwd: project.folder })).code,
    ).not.toBe(0);
  });

  it('that has lost a package', async () => {
    change = (path, body) => (/\/libc6_[^/]*\.deb$/.test(path) ? undefined : body);
    expectRefusal(await build(), 'MLC4024');
  });

  it('that is signed by a stranger, or by a known key long ago', async () => {
    const { keyring, release } = await signedRelease(scratch);
    change = changing('/InRelease', () => Buffer.from(release));
    expectRefusal(await build(), 'MLC4003');
    await output('cp', [keyring, join(project.folder, 'keyring.gpg')]);
    await configure(project, "base: debian('bookworm', { keyring: 'keyring.gpg' })");
    expectRefusal(await build(), 'MLC4005');
  });
});

/** The same length, another content. */
function flipped(body: Buffer): Buffer {
  const middle = Math.floor(body.length / 2);
  body.writeUInt8(body.readUInt8(middle) ^ 1, middle);
  return body;
}

/** A release file that expired in 2020, signed by a key made for this test. */
async function signedRelease(folder: string): Promise<{ keyring: string; release: string }> {
  const gpg = [
    '--homedir',
    join(folder, 'gnupg'),
    '--batch',
    '--quiet',
    '--pinentry-mode',
    'loopback',
    '--passphrase',
    '',
  ];
  await output('mkdir', ['-m', '700', join(folder, 'gnupg')]);
  await output('gpg', [
    ...gpg,
    '--quick-generate-key',
    'A Stranger <stranger@example.com>',
    'rsa3072',
    'sign',
    '0',
  ]);
  const text = [
    'Origin: Debian',
    'Label: Debian',
    'Suite: oldstable',
    'Codename: bookworm',
    'Date: Wed, 01 Jan 2020 00:00:00 UTC',
    'Valid-Until: Wed, 08 Jan 2020 00:00:00 UTC',
    'Architectures: amd64 arm64',
    'Components: main',
    'SHA256:',
    ` ${'0'.repeat(64)} 1 main/binary-amd64/Packages.xz`,
    '',
  ];
  await writeFile(join(folder, 'Release'), text.join('\n'));
  const release = await output('gpg', [
    ...gpg,
    '--clearsign',
    '--digest-algo',
    'SHA256',
    '--output',
    '-',
    join(folder, 'Release'),
  ]);
  const keyring = join(folder, 'keyring.gpg');
  await output('gpg', [...gpg, '--output', keyring, '--export']);
  await output('gpgconf', ['--homedir', join(folder, 'gnupg'), '--kill', 'all']);
  return { keyring, release };
}

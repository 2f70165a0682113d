import { chmod } from 'node:fs/promises';
import { join } from 'node:path';

import { fakeClock } from '@mlcontainer/testing';
import { isMlcError } from '@mlcontainer/plugin-kit';
import { describe, expect, it } from 'vitest';

import { login, machine, signal, type Machine } from './support/credentials.ts';

const DOCKER = '.docker/config.json';
const basic = (username: string, password: string) => ({ kind: 'basic', username, password });

async function codeOf(promise: Promise<unknown>): Promise<string> {
  const error: unknown = await promise.then(
    () => 'no error',
    (reason: unknown) => reason,
  );
  return isMlcError(error) ? error.code : String(error);
}

/** The credential of a machine's store, anew. */
async function find(on: Machine, registry: string, repository = 'team/model') {
  return (await on.store().find(registry, repository, { signal })).credential;
}

describe('where credentials are looked for', () => {
  it('nowhere is anonymous, and every place is told', async () => {
    const on = await machine();
    const found = await on.store().find('registry.test', 'a', { signal });
    expect(found).toMatchObject({ credential: { kind: 'anonymous' }, source: 'none' });
    expect(found.skipped.map(({ source }) => source)).toEqual([
      '/run/containers/4000000/auth.json',
      join(on.home, '.config/containers/auth.json'),
      join(on.home, DOCKER),
      'Google',
    ]);
  });

  it('goes on from place to place, in this order', async () => {
    const on = await machine();
    const auths = (password: string) => ({ auths: { 'registry.test': login('me', password) } });
    const steps: [string, () => Promise<void>][] = [
      ['docker', async () => void (await on.write(DOCKER, auths('docker')))],
      [
        'podman',
        async () => void (await on.write('.config/containers/auth.json', auths('podman'))),
      ],
      [
        'runtime',
        async () => {
          on.env.XDG_RUNTIME_DIR = join(on.home, 'run');
          await on.write('run/containers/auth.json', auths('runtime'));
        },
      ],
      [
        'folder',
        async () => {
          on.env.DOCKER_CONFIG = join(on.home, 'folder');
          await on.write('folder/config.json', auths('folder'));
        },
      ],
      [
        'text',
        () => {
          on.env.DOCKER_AUTH_CONFIG = JSON.stringify(auths('text'));
          return Promise.resolve();
        },
      ],
      [
        'file',
        async () => {
          on.env.REGISTRY_AUTH_FILE = await on.write('named.json', auths('file'));
        },
      ],
    ];
    for (const [password, add] of steps) {
      await add();
      expect(await find(on, 'registry.test'), password).toEqual(basic('me', password));
    }
    const explicit = { 'registry.test': { username: 'me', password: 'config' } };
    const found = await on.store({ explicit }).find('registry.test', 'a', { signal });
    expect(found).toMatchObject({ credential: basic('me', 'config'), source: 'configuration' });
  });

  it('is not where DOCKER_CONFIG leads away from', async () => {
    const on = await machine();
    await on.write(DOCKER, { auths: { 'registry.test': login('me', 'home') } });
    on.env.DOCKER_CONFIG = join(on.home, 'elsewhere');
    expect(await find(on, 'registry.test')).toEqual({ kind: 'anonymous' });
  });
});

describe('an entry of auths', () => {
  it('is found by the very host, and of several by the longest path', async () => {
    const on = await machine();
    await on.write(DOCKER, {
      auths: {
        'registry.test': login('host', 'x'),
        'registry.test/team': login('team', 'x'),
        'registry.test/team/model': login('model', 'x'),
        'registry.test:5000': login('port', 'x'),
        'https://old.test/v2/': login('old', 'x'),
      },
    });
    const name = async (registry: string, repository: string) => {
      const credential = await find(on, registry, repository);
      return credential.kind === 'basic' ? credential.username : credential.kind;
    };
    expect(await name('registry.test', 'team/model')).toBe('model');
    expect(await name('registry.test', 'team/model/deep')).toBe('model');
    expect(await name('registry.test', 'team/models')).toBe('team');
    expect(await name('registry.test', 'teams/x')).toBe('host');
    expect(await name('REGISTRY.test', 'x')).toBe('host');
    expect(await name('registry.test:5000', 'x')).toBe('port');
    expect(await name('registry.test:443', 'x')).toBe('anonymous');
    expect(await name('old.test', 'x')).toBe('old');
    for (const other of ['my-registry.test', 'registry.test.evil.example', 'a.registry.test'])
      expect(await name(other, 'team/model'), other).toBe('anonymous');
  });

  it.each(['docker.io', 'index.docker.io', 'registry-1.docker.io'])(
    'of Docker Hub has its old address: %s',
    async (registry) => {
      const on = await machine();
      await on.write(DOCKER, { auths: { 'https://index.docker.io/v1/': login('hub', 'a:b') } });
      expect(await find(on, registry, 'library/python')).toEqual(basic('hub', 'a:b'));
    },
  );

  it.each([
    [
      { identitytoken: 'refresh', auth: login('x', 'y').auth },
      { kind: 'identity-token', token: 'refresh' },
    ],
    [{ registrytoken: 'ready' }, { kind: 'bearer', token: 'ready' }],
    [{ username: 'me', password: 'p' }, basic('me', 'p')],
    [{ auth: Buffer.from('me:pä:ss\0\0').toString('base64') }, basic('me', 'pä:ss')],
    [{}, { kind: 'anonymous' }],
    [null, { kind: 'anonymous' }],
    ['text', { kind: 'anonymous' }],
    [{ auth: 7 }, { kind: 'anonymous' }],
    [{ auth: '!!!' }, { kind: 'anonymous' }],
    [{ auth: Buffer.from('nocolon').toString('base64') }, { kind: 'anonymous' }],
    [{ auth: Buffer.from(':nobody').toString('base64') }, { kind: 'anonymous' }],
  ])('%j', async (entry, credential) => {
    const on = await machine();
    await on.write(DOCKER, { auths: { 'registry.test': entry } });
    expect(await find(on, 'registry.test')).toEqual(credential);
  });
});

describe('a credential helper', () => {
  const answer = (username: string, secret: string) =>
    `echo '${JSON.stringify({ ServerURL: 'x', Username: username, Secret: secret })}'`;

  it('of the host goes before that of the file, and both before what the file holds', async () => {
    const on = await machine();
    await on.helper('own', answer('own', 's'));
    await on.helper('all', answer('all', 's'));
    const stale = login('stale', 's');
    await on.write(DOCKER, {
      auths: { 'a.test': stale, 'b.test': stale, 'c.test': stale },
      credHelpers: { 'a.test': 'own' },
      credsStore: 'all',
    });
    expect(await find(on, 'a.test')).toEqual(basic('own', 's'));
    expect(await find(on, 'b.test')).toEqual(basic('all', 's'));
    expect([await on.runs('own'), await on.runs('all')]).toEqual([['get a.test'], ['get b.test']]);
  });

  it('is told the old address of Docker Hub, and may give an identity token', async () => {
    const on = await machine();
    await on.helper('all', answer('<token>', 'refresh'));
    await on.write(DOCKER, { credsStore: 'all' });
    expect(await find(on, 'docker.io')).toEqual({ kind: 'identity-token', token: 'refresh' });
    expect(await on.runs('all')).toEqual(['get https://index.docker.io/v1/']);
  });

  it.each([
    ['holds nothing', 'echo "credentials not found in native keychain"; exit 1', /holds nothing/],
    ['fails', 'echo SECRET; echo SECRET >&2; exit 3', /exit code 3/],
    ['answers no JSON', 'echo SECRET', /no JSON/],
    ['answers something else', `echo '{"Username":"SECRET"}'`, /without/],
  ])('that %s is passed over, with the reason', async (_what, script, reason) => {
    const on = await machine();
    await on.helper('odd', script);
    await on.write(DOCKER, { credsStore: 'odd', auths: { 'a.test': login('held', 's') } });
    const found = await on.store().find('a.test', 'x', { signal });
    expect(found.credential).toEqual(basic('held', 's'));
    expect(JSON.stringify(found.skipped)).toMatch(reason);
    expect(JSON.stringify(found.skipped)).not.toContain('SECRET');
  });

  it.each([
    ['missing', /not on PATH/],
    ['../evil', /its name/],
    ['a b', /its name/],
  ])('%j that is not there is passed over', async (helper, reason) => {
    const on = await machine();
    await on.write(DOCKER, { credHelpers: { 'a.test': helper } });
    const found = await on.store().find('a.test', 'x', { signal });
    expect(found.credential).toEqual({ kind: 'anonymous' });
    expect(JSON.stringify(found.skipped)).toMatch(reason);
  });

  it('runs once for all who ask, and again when asked to', async () => {
    const on = await machine();
    await on.helper('slow', `sleep 0.2; ${answer('me', 's')}`);
    await on.write(DOCKER, { credsStore: 'slow' });
    const store = on.store();
    await Promise.all(
      Array.from({ length: 16 }, (_, index) => store.find('a.test', `r${index % 4}`, { signal })),
    );
    await store.find('a.test', 'r0', { signal });
    expect(await on.runs('slow')).toHaveLength(1);
    await store.find('a.test', 'r0', { signal, fresh: true });
    expect(await on.runs('slow')).toHaveLength(2);
  });

  it('goes on for the others when one gives up', async () => {
    const on = await machine();
    await on.helper('slow', `sleep 0.3; ${answer('me', 's')}`);
    await on.write(DOCKER, { credsStore: 'slow' });
    const store = on.store();
    const controller = new AbortController();
    const gone = store.find('a.test', 'r', { signal: controller.signal });
    const stays = store.find('a.test', 'r', { signal });
    controller.abort(new Error('enough'));
    await expect(gone).rejects.toThrow('enough');
    expect((await stays).credential).toEqual(basic('me', 's'));
  });
});

describe('a file that cannot be used', () => {
  it('is MLC6801 where the environment names it', async () => {
    const on = await machine();
    on.env.REGISTRY_AUTH_FILE = join(on.home, 'missing.json');
    expect(await codeOf(find(on, 'a.test'))).toBe('MLC6801');
    on.env.REGISTRY_AUTH_FILE = await on.write('broken.json', '{"auths": {"x": SECRET');
    const error = await find(on, 'a.test').catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: 'MLC6801' });
    expect(JSON.stringify([error, String(error), (error as Error).stack])).not.toContain('SECRET');
    on.env.REGISTRY_AUTH_FILE = '';
    on.env.DOCKER_AUTH_CONFIG = '[]';
    expect(await codeOf(find(on, 'a.test'))).toBe('MLC6801');
  });

  it('is not, where an earlier place has the credential', async () => {
    const on = await machine();
    on.env.DOCKER_AUTH_CONFIG = '{';
    const auths = { 'a.test': login('me', 's') };
    on.env.REGISTRY_AUTH_FILE = await on.write('good.json', { auths });
    expect(await find(on, 'a.test')).toEqual(basic('me', 's'));
  });

  it('is passed over with the reason where it only lies in its usual place', async () => {
    const on = await machine();
    await on.write('.config/containers/auth.json', 'SECRET');
    await on.write('.docker/config.json/folder', '');
    const found = await on.store().find('a.test', 'x', { signal });
    expect(found.credential).toEqual({ kind: 'anonymous' });
    expect(JSON.stringify(found.skipped)).toMatch(/no JSON object.*EISDIR/);
    expect(JSON.stringify(found.skipped)).not.toContain('SECRET');
  });

  it('does not matter where HOME itself may not be read', async () => {
    const on = await machine();
    await on.write('locked/.docker/config.json', {});
    on.env.HOME = join(on.home, 'locked/.docker/config.json');
    expect(await find(on, 'a.test')).toEqual({ kind: 'anonymous' });
    await chmod(join(on.home, 'locked'), 0o700);
  });
});

describe('what the configuration says', () => {
  it('may be the names of variables', async () => {
    const on = await machine();
    const explicit = { 'a.test': { usernameEnv: 'CI_USER', passwordEnv: 'CI_TOKEN' } };
    Object.assign(on.env, { CI_USER: 'ci', CI_TOKEN: 'SECRET' });
    const found = await on.store({ explicit }).find('a.test', 'x', { signal });
    expect(found.credential).toEqual(basic('ci', 'SECRET'));
    expect(found.source).toBe('configuration: CI_USER, CI_TOKEN');
    delete on.env.CI_TOKEN;
    expect(await codeOf(on.store({ explicit }).find('a.test', 'x', { signal }))).toBe('MLC6803');
  });

  it('may be none, or Docker’s, which must then be there', async () => {
    const on = await machine();
    await on.write(DOCKER, { auths: { 'a.test': login('me', 's') } });
    const none = on.store({ explicit: { 'a.test': 'none' } });
    expect((await none.find('a.test', 'x', { signal })).credential).toEqual({ kind: 'anonymous' });
    const docker = on.store({ explicit: { 'a.test': 'docker', 'b.test': 'docker' } });
    expect((await docker.find('a.test', 'x', { signal })).credential).toEqual(basic('me', 's'));
    expect(await codeOf(docker.find('b.test', 'x', { signal }))).toBe('MLC6802');
  });

  it('holds for that very host', async () => {
    const on = await machine();
    const explicit = { 'a.test': { username: 'me', password: 's' } } as const;
    for (const host of ['a.test:5000', 'x.a.test', 'a.test.example'])
      expect((await on.store({ explicit }).find(host, 'x', { signal })).credential).toEqual({
        kind: 'anonymous',
      });
  });
});

describe('a lookup', () => {
  it('is held, and made anew when asked', async () => {
    const on = await machine();
    await on.write(DOCKER, { auths: { 'a.test': login('me', 'old') } });
    const store = on.store({}, fakeClock());
    const password = async (fresh: boolean) => {
      const { credential } = await store.find('a.test', 'x', { signal, fresh });
      return credential.kind === 'basic' ? credential.password : credential.kind;
    };
    expect(await password(false)).toBe('old');
    await on.write(DOCKER, { auths: { 'a.test': login('me', 'new') } });
    expect(await password(false)).toBe('old');
    expect(await password(true)).toBe('new');
    expect(await password(false)).toBe('new');
  });
});

import { mkdir } from 'node:fs/promises';
import { createServer } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo, Server } from 'node:net';
import { join } from 'node:path';

import { createHttp } from '@mlcontainer/node-ports';
import { isMlcError, type RegistriesConfig } from '@mlcontainer/plugin-kit';
import { describe, expect, it, onTestFinished } from 'vitest';

import { anonymousCredentials, createRegistryClient, registrySettings } from '../src/index.ts';
import { endpointsOf } from '../src/transport/endpoint.ts';
import { machine, signal, type Machine } from './support/credentials.ts';
import { selfSigned } from './support/self-signed.ts';

const CONF = '.config/containers/registries.conf';

function lookup(on: Machine, config: RegistriesConfig = {}) {
  const system = { etc: join(on.home, 'etc') };
  return registrySettings({ env: on.env, config, root: '/project', system });
}

/** A machine with a user's registries.conf. */
async function withConf(text: string): Promise<Machine> {
  const on = await machine();
  await on.write(CONF, text);
  return on;
}

async function codeOf(promise: Promise<unknown>): Promise<string> {
  const error: unknown = await promise.then(
    () => 'no error',
    (reason: unknown) => reason,
  );
  return isMlcError(error) ? error.code : String(error);
}

describe('without settings', () => {
  it('every registry is asked by https at its own name, also on this machine', async () => {
    const find = lookup(await machine());
    for (const host of ['registry.test', 'localhost:5000', '127.0.0.1:5000', '[::1]:5000'])
      expect(await find(host, 'a/b')).toEqual({});
  });
});

describe('registries.conf', () => {
  const RULES = `
unqualified-search-registries = ["docker.io"]
[[registry]]
prefix = "registry.test"
blocked = true
[[registry]]
location = "registry.test/open"
[[registry]]
prefix = "moved.test/team"
location = "new.test/old/team"
[[registry]]
location = "docker.io"
[[registry.mirror]]
location = "mirror.test/hub"
[[registry.mirror]]
location = "second.test:5000"
pull-from-mirror = "tag-only"
[[registry]]
location = "pinned.test/a"
mirror-by-digest-only = true
[[registry.mirror]]
location = "mirror.test/x"
[[registry]]
prefix = "*.wild.test"
blocked = true
`;

  it('is followed by the longest prefix', async () => {
    const find = lookup(await withConf(RULES));
    const blocked = async (host: string, repository: string) =>
      (await find(host, repository)).blocked === true;
    expect(await blocked('registry.test', 'x')).toBe(true);
    expect(await blocked('registry.test', 'opening')).toBe(true);
    expect(await blocked('registry.test', 'open')).toBe(false);
    expect(await blocked('registry.test', 'open/x')).toBe(false);
    expect(await blocked('registry.test:5000', 'x')).toBe(false);
    expect(await blocked('my-registry.test', 'x')).toBe(false);
    expect(await blocked('a.wild.test', 'x')).toBe(true);
    expect(await blocked('b.a.wild.test:443', 'x')).toBe(true);
    expect(await blocked('wild.test', 'x')).toBe(false);
  });

  it('names mirrors, and for what they are', async () => {
    const find = lookup(await withConf(RULES));
    expect((await find('docker.io', 'library/python')).mirrors).toEqual([
      { location: 'mirror.test', repository: 'hub/library/python' },
      { location: 'second.test:5000', repository: 'library/python', pulls: 'tag-only' },
    ]);
    expect((await find('pinned.test', 'a/b/c')).mirrors).toEqual([
      { location: 'mirror.test', repository: 'x/b/c', pulls: 'digest-only' },
    ]);
    const { main, mirrors } = await endpointsOf(find, 'docker.io', 'library/python');
    expect([main.origin, ...mirrors.map(({ origin }) => origin)]).toEqual([
      'https://registry-1.docker.io',
      'https://mirror.test',
      'https://second.test:5000',
    ]);
  });

  it('may serve pulls of a registry elsewhere, and leaves pushes where they are', async () => {
    const find = lookup(await withConf(RULES));
    const { main, pulls } = await endpointsOf(find, 'moved.test', 'team/model');
    expect(pulls).toMatchObject({ origin: 'https://new.test', repository: 'old/team/model' });
    expect(main).toMatchObject({ origin: 'https://moved.test', repository: 'team/model' });
    expect((await endpointsOf(find, 'moved.test', 'other')).pulls.origin).toBe(
      'https://moved.test',
    );
  });

  it('makes a blocked registry an error', async () => {
    const find = lookup(await withConf(RULES));
    expect(await codeOf(endpointsOf(find, 'registry.test', 'x'))).toBe('MLC6507');
  });

  it('is the user’s, otherwise the system’s; the variable goes before both', async () => {
    const on = await machine();
    const rule = (host: string): string => `[[registry]]\nlocation = "${host}"\nblocked = true\n`;
    const blocked = async () => {
      const hosts = ['system', 'dropin', 'user', 'userdropin', 'named'];
      const find = lookup(on);
      const each = await Promise.all(hosts.map((host) => find(`${host}.test`, 'x')));
      return hosts.filter((_, index) => each[index]?.blocked === true).join(' ');
    };
    await on.write('etc/containers/registries.conf', rule('system.test'));
    await on.write('etc/containers/registries.conf.d/10-a.conf', rule('dropin.test'));
    await on.write('etc/containers/registries.conf.d/10-a.conf.orig', rule('user.test'));
    expect(await blocked()).toBe('system dropin');
    await on.write(`${CONF}.d/20.conf`, rule('userdropin.test'));
    expect(await blocked()).toBe('system dropin userdropin');
    await on.write(CONF, rule('user.test'));
    expect(await blocked()).toBe('user userdropin');
    on.env.CONTAINERS_REGISTRIES_CONF = await on.write('named.conf', rule('named.test'));
    expect(await blocked()).toBe('dropin userdropin named');
  });

  it('lets later files replace a prefix', async () => {
    const on = await machine();
    const rule = (blocked: boolean) => `[[registry]]\nlocation = "a.test"\nblocked = ${blocked}\n`;
    await on.write('etc/containers/registries.conf', rule(true));
    await on.write('etc/containers/registries.conf.d/2.conf', rule(false));
    await on.write('etc/containers/registries.conf.d/1.conf', rule(true));
    expect((await lookup(on)('a.test', 'x')).blocked).toBeUndefined();
  });

  it.each([
    ['no TOML', '[[registry'],
    ['no prefix', '[[registry]]\nblocked = true'],
    ['a flag that is none', '[[registry]]\nlocation = "a"\nblocked = "yes"'],
    ['another shape', 'registry = "a"'],
    [
      'a mirror without location',
      '[[registry]]\nlocation = "a"\n[[registry.mirror]]\ninsecure = true',
    ],
  ])('with %s is MLC6811', async (_what, text) => {
    expect(await codeOf(lookup(await withConf(text))('b.test', 'x'))).toBe('MLC6811');
  });

  it('that a variable names must be there', async () => {
    const on = await machine();
    on.env.CONTAINERS_REGISTRIES_CONF = join(on.home, 'missing.conf');
    expect(await codeOf(lookup(on)('b.test', 'x'))).toBe('MLC6811');
  });
});

describe('certs.d', () => {
  it('is found by the very host, the user’s before the system’s', async () => {
    const on = await machine();
    await on.write('etc/docker/certs.d/registry.test:5000/ca.crt', '');
    await on.write('etc/docker/certs.d/registry.test:5000/client.cert', '');
    await on.write('etc/docker/certs.d/registry.test:5000/client.key', '');
    const find = lookup(on);
    const folder = join(on.home, 'etc/docker/certs.d/registry.test:5000');
    expect(await find('registry.test:5000', 'x')).toEqual({
      caFile: join(folder, 'ca.crt'),
      clientCert: { certFile: join(folder, 'client.cert'), keyFile: join(folder, 'client.key') },
      source: folder,
    });
    for (const host of ['registry.test', 'a.registry.test:5000', '..', '.'])
      expect(await find(host, 'x')).toEqual({});
    const own = await on.write('.config/containers/certs.d/registry.test:5000/root.crt', '');
    expect((await lookup(on)('registry.test:5000', 'x')).caFile).toBe(own);
  });

  it.each(['client.cert', 'own.key'])('with %s alone is MLC6811', async (name) => {
    const on = await machine();
    await on.write(`etc/containers/certs.d/a.test/${name}`, '');
    expect(await codeOf(lookup(on)('a.test', 'x'))).toBe('MLC6811');
  });

  it('may be an empty folder', async () => {
    const on = await machine();
    await mkdir(join(on.home, 'etc/docker/certs.d/a.test'), { recursive: true });
    expect(await lookup(on)('a.test', 'x')).toEqual({
      source: join(on.home, 'etc/docker/certs.d/a.test'),
    });
  });
});

describe('the config', () => {
  it('goes before the machine, setting by setting, for its very host', async () => {
    const on = await withConf(`
[[registry]]
location = "a.test"
[[registry.mirror]]
location = "machine.test"
`);
    await on.write('etc/docker/certs.d/a.test/ca.crt', '');
    const config = {
      'a.test': {
        plainHttp: true,
        clientCert: { cert: 'certs/me.pem', key: 'certs/me.key' },
      },
      'b.test': { mirrors: ['m.test:5000/prefix'], ca: 'ca.pem' },
    };
    const find = lookup(on, config);
    expect(await find('a.test', 'x')).toEqual({
      plainHttp: true,
      caFile: join(on.home, 'etc/docker/certs.d/a.test/ca.crt'),
      clientCert: { certFile: '/project/certs/me.pem', keyFile: '/project/certs/me.key' },
      mirrors: [{ location: 'machine.test', repository: 'x' }],
      source: `config, ${join(on.home, CONF)}, ${join(on.home, 'etc/docker/certs.d/a.test')}`,
    });
    expect(await find('b.test', 'x')).toMatchObject({ caFile: '/project/ca.pem' });
    expect((await endpointsOf(find, 'b.test', 'x')).mirrors).toMatchObject([
      { origin: 'https://m.test:5000', repository: 'prefix/x' },
    ]);
    expect((await find('a.test:80', 'x')).plainHttp).toBeUndefined();
  });
});

async function listening(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

describe('insecure', () => {
  it('is https without verification where the registry speaks it, otherwise http', async () => {
    const on = await machine();
    const answer = (_request: unknown, response: { end: (text: string) => void }) =>
      response.end('{}');
    const plain = await listening(createServer(answer));
    const secure = await listening(createTlsServer(await selfSigned(on.home), answer));
    await on.write(
      CONF,
      [plain, secure]
        .map((host) => `[[registry]]\nlocation = "${host}"\ninsecure = true\n`)
        .join(''),
    );
    const http = createHttp({ env: {}, retry: { attempts: 1 } });
    onTestFinished(() => http.close());
    const system = { etc: join(on.home, 'etc') };
    const find = registrySettings({ env: on.env, http, system });
    expect(await find(plain, 'x')).toMatchObject({ plainHttp: true });
    expect(await find(secure, 'x')).toMatchObject({ insecure: true });
  });

  /** Servers of both kinds, what they were asked, and what was remembered of them. */
  async function withMemory(known: readonly ('plain' | 'secure')[]) {
    const on = await machine();
    const asked: string[] = [];
    const answer =
      (kind: string) => (_request: unknown, response: { end: (text: string) => void }) => {
        asked.push(kind);
        response.end('{}');
      };
    const plain = await listening(createServer(answer('plain')));
    const secure = await listening(createTlsServer(await selfSigned(on.home), answer('secure')));
    const hosts = { plain, secure };
    const kept = new Map<string, boolean>(known.map((kind) => [hosts[kind], true]));
    const insecure = Object.values(hosts).map(
      (host) => `[[registry]]\nlocation = "${host}"\ninsecure = true\n`,
    );
    await on.write(CONF, insecure.join(''));
    const http = createHttp({ env: {}, retry: { attempts: 1 } });
    onTestFinished(() => http.close());
    const find = registrySettings({
      ...{ env: on.env, http, system: { etc: join(on.home, 'etc') } },
      schemes: {
        wasPlain: (host) => Promise.resolve(kept.get(host) ?? false),
        keep: (host, isPlain) => Promise.resolve(void kept.set(host, isPlain)),
      },
    });
    return { ...hosts, find, kept, asked };
  }

  it('is remembered where it is http, and only then', async () => {
    const { plain, secure, find, kept } = await withMemory([]);
    expect(await find(plain, 'x')).toMatchObject({ plainHttp: true });
    expect(await find(secure, 'x')).toMatchObject({ insecure: true });
    expect([...kept]).toEqual([[plain, true]]);
  });

  it('is asked for by http first where that is remembered', async () => {
    const { plain, find, asked } = await withMemory(['plain']);
    expect(await find(plain, 'x')).toMatchObject({ plainHttp: true });
    expect(asked).toEqual(['plain']);
  });

  it('is https again where what is remembered does not hold any more', async () => {
    const { secure, find, kept } = await withMemory(['secure']);
    expect(await find(secure, 'x')).toMatchObject({ insecure: true });
    expect(kept.get(secure)).toBe(false);
  });
});

describe('a registry on this machine that speaks http', () => {
  it('is MLC6812, which says how to name it; named, it is asked by http', async () => {
    const on = await machine();
    const host = await listening(
      createServer((_request, response) => void response.writeHead(404).end('{"errors":[]}')),
    );
    const http = createHttp({ env: {} });
    onTestFinished(() => http.close());
    const client = (config: RegistriesConfig) =>
      createRegistryClient({
        ports: {
          http,
          clock: { now: () => new Date(), monotonic: () => 0, sleep: () => Promise.resolve() },
        },
        credentials: anonymousCredentials,
        settings: lookup(on, config),
      }).repository({ registry: host, repository: 'model' });
    const error = await client({})
      .resolve('v1', { signal })
      .catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: 'MLC6812' });
    expect((error as { fix: string }).fix).toContain(`'${host}': { plainHttp: true }`);
    const named = client({ [host]: { plainHttp: true } });
    expect(await codeOf(named.resolve('v1', { signal }))).toBe('MLC6510');
  });
});

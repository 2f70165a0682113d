import { startRegistry, type Fault, type RegistryOptions } from '@mlcontainer/testing';
import { expect, it } from 'vitest';

import type { Credential } from '../src/credential.ts';
import { pushGraph } from '../src/graph/push-graph.ts';
import { codeOf } from './support/graph.ts';
import { collect } from './support/collect.ts';
import { asked, credentialsOf, signal, testClient, testRepository } from './support/client.ts';
import { imageOf, layer, noise } from './support/image.ts';

const LOGIN: Credential = { kind: 'basic', username: 'me', password: 'pw' };
const BASIC = { kind: 'basic', users: { me: 'pw' } } as const;
const BEARER = { kind: 'bearer', users: { me: 'pw' } } as const;
const MINE = `Basic ${Buffer.from('me:pw').toString('base64')}`;

async function start(options: RegistryOptions, ...given: readonly Credential[]) {
  const registry = await startRegistry(options);
  const { store, asked: lookups } = credentialsOf(...given);
  const made = testRepository(registry, 'a', { credentials: store });
  const blob = layer('x', 1000);
  const pull = async (): Promise<string> =>
    codeOf(made.repository.resolve('v1', { signal }).then(() => undefined));
  const push = async (): Promise<string> =>
    codeOf(made.repository.push(blob, { signal }).then(() => undefined));
  return { ...made, registry, pull, push, lookups };
}

function tokenFault(then: Fault['then']): Fault {
  return { name: 'token server', on: { server: 'token' }, then };
}

it('Basic: shown only once it is asked for, then at once', async () => {
  const { registry, push, events } = await start({ authentication: BASIC }, LOGIN);
  await using _ = registry;
  expect(await push()).toBe('done');
  expect(asked(registry)).toEqual([
    'HEAD blob 401',
    'HEAD blob 404',
    'POST uploads 202',
    'PUT upload 201',
  ]);
  expect(registry.journal.entries[0]?.headers.authorization).toBeUndefined();
  expect(events).toEqual([
    {
      ...{ code: 'credential-found', registry: registry.host, repository: 'a', kind: 'basic' },
      ...{ source: 'test 0', skipped: [] },
    },
  ]);
});

it('Basic: a wrong password is looked up anew, and then an error that names its source', async () => {
  const wrong = { ...LOGIN, password: 'old' };
  const { registry, push, lookups } = await start({ authentication: BASIC }, wrong, LOGIN);
  await using _ = registry;
  expect([await push(), lookups.fresh]).toEqual(['done', 1]);
  const second = await start({ authentication: BASIC }, wrong);
  await using __ = second.registry;
  await expect(second.repository.resolve('v1', { signal })).rejects.toMatchObject({
    code: 'MLC6503',
    data: { source: 'test 0' },
  });
});

it('without a credential, MLC6503 after one question', async () => {
  const { registry, pull } = await start({ authentication: BASIC }, { kind: 'anonymous' });
  await using _ = registry;
  expect([await pull(), asked(registry)]).toEqual(['MLC6503', ['HEAD manifest 401']]);
});

it('Bearer: one token for a whole push', async () => {
  const { registry, repository } = await start({ authentication: BEARER }, LOGIN);
  await using _ = registry;
  await pushGraph(repository, imageOf([layer('a'), layer('b')], 'v1'), { signal });
  expect(registry.tokens).toHaveLength(1);
  expect(registry.tokens[0]?.scopes).toEqual([
    expect.objectContaining({ repository: 'a', actions: ['pull', 'push'] }),
  ]);
  expect(await codeOf(repository.resolve('v1', { signal }))).toBe('done');
  expect(registry.tokens).toHaveLength(1);
});

it('Bearer: anonymous where nobody is known', async () => {
  const grants = [{ user: '', repository: '*', actions: ['pull'] as const }];
  const { registry, pull, push } = await start(
    { authentication: { ...BEARER, grants } },
    { kind: 'anonymous' },
  );
  await using _ = registry;
  expect([await pull(), await push()]).toEqual(['MLC6510', 'MLC6503']);
  expect(registry.journal.of({ server: 'token' })[0]?.headers.authorization).toBeUndefined();
});

it('Bearer: known, but not allowed', async () => {
  const grants = [{ user: 'me', repository: 'a', actions: ['pull'] as const }];
  const { registry, push } = await start({ authentication: { ...BEARER, grants } }, LOGIN);
  await using _ = registry;
  expect(await push()).toBe('MLC6504');
});

it('Bearer: an identity token goes by POST, and the service may know no POST', async () => {
  const authentication = { ...BEARER, identityTokens: { secret: 'me' } };
  const identity: Credential = { kind: 'identity-token', token: 'secret' };
  const { registry, push } = await start({ authentication }, identity);
  await using _ = registry;
  expect(await push()).toBe('done');
  expect(registry.journal.of({ server: 'token' }).map(({ method }) => method)).toEqual(['POST']);
  const old = await start({ authentication: { ...authentication, oauth2: false } }, identity);
  await using __ = old.registry;
  await old.push();
  expect(
    old.registry.journal
      .of({ server: 'token' })
      .slice(0, 2)
      .map(({ method }) => method),
  ).toEqual(['POST', 'GET']);
});

it('a registry token is sent as it is', async () => {
  const { registry, push } = await start(
    { authentication: BEARER },
    { kind: 'bearer', token: 'mine' },
  );
  await using _ = registry;
  expect(await push()).toBe('MLC6503');
  expect(registry.journal.of({ server: 'token' })).toEqual([]);
  expect(registry.journal.entries.at(-1)?.headers.authorization).toBe('Bearer mine');
});

it('Bearer: a token is renewed before it ends', async () => {
  const registry = await startRegistry({ authentication: { ...BEARER, lifetimeSeconds: 100 } });
  await using _ = registry;
  const { store } = credentialsOf(LOGIN);
  const { repository, clock } = testRepository(registry, 'a', { credentials: store });
  const ask = (): Promise<unknown> => repository.headManifest('v1', { signal });
  await ask();
  clock.advance(60_000);
  await ask();
  expect(registry.tokens).toHaveLength(1);
  clock.advance(30_000);
  await ask();
  expect(registry.tokens).toHaveLength(2);
  expect(registry.journal.of({ server: 'registry', status: 401 })).toHaveLength(1);
});

it('Bearer: a token that ended early is renewed with the login, not with itself', async () => {
  const { registry, push, repository } = await start({ authentication: BEARER }, LOGIN);
  await using _ = registry;
  await push();
  registry.revokeTokens();
  await repository.headManifest('v1', { signal });
  const logins = registry.journal
    .of({ server: 'token' })
    .map((entry) => entry.headers.authorization);
  expect(logins).toEqual([MINE, MINE]);
});

it('Bearer: another scope in the challenge is added once', async () => {
  const wanted =
    'Bearer realm="{realm}",service="registry.test",scope="repository:b:pull",error="insufficient_scope"';
  const registry = await startRegistry({ authentication: BEARER });
  await using _ = registry;
  const realm = `${registry.tokenOrigin}/token`;
  registry.addFaults({
    name: 'wants more',
    on: { endpoint: 'manifest', headers: { authorization: /Bearer/ }, nth: 1 },
    then: {
      kind: 'answer',
      status: 401,
      headers: { 'www-authenticate': wanted.replace('{realm}', realm) },
    },
  });
  const { repository } = testRepository(registry, 'a', { credentials: credentialsOf(LOGIN).store });
  expect(await repository.headManifest('v1', { signal })).toBeUndefined();
  expect(registry.tokens.at(-1)?.scopes.map(({ repository: name }) => name)).toEqual(['a', 'b']);
});

it('Bearer: a registry that always wants another login ends in one error', async () => {
  const { registry, pull } = await start(
    {
      authentication: BEARER,
      faults: [
        {
          name: 'never content',
          on: { endpoint: 'manifest', headers: { authorization: /./ } },
          then: {
            kind: 'answer',
            status: 401,
            headers: {
              'www-authenticate': 'Bearer realm="{origin}/x",scope="repository:n{nth}:pull"',
            },
          },
        },
        {
          name: 'no realm',
          on: { path: /^\/x/ },
          then: { kind: 'answer', status: 200, body: '{"token":"t"}' },
        },
      ],
    },
    LOGIN,
  );
  await using _ = registry;
  expect(await pull()).toBe('MLC6503');
  expect(registry.journal.of({ endpoint: 'manifest' }).length).toBeLessThan(7);
});

it.each([
  ['401', { kind: 'answer', status: 401 } as const, 'MLC6503'],
  ['403', { kind: 'answer', status: 403 } as const, 'MLC6504'],
  ['no token', { kind: 'answer', status: 200, body: '{}' } as const, 'MLC6506'],
  ['no JSON', { kind: 'answer', status: 200, body: '<html>' } as const, 'MLC6506'],
  [
    'a token that is no header',
    { kind: 'answer', status: 200, body: '{"token":"a b"}' } as const,
    'MLC6506',
  ],
  ['404', { kind: 'answer', status: 404 } as const, 'MLC6502'],
])('the token server answers %s: %s', async (_name, then, code) => {
  const faults = [tokenFault(then)];
  const { registry, pull } = await start({ authentication: BEARER, faults }, LOGIN);
  await using _ = registry;
  expect(await pull()).toBe(code);
});

it.each([
  'http://169.254.169.254/token',
  'http://10.0.0.1/token',
  'ftp://127.0.0.1/token',
  'http://user:pw@127.0.0.1/token',
  'token',
])('a realm at %s gets no login', async (realm) => {
  const { registry, pull } = await start({ authentication: { ...BEARER, realm } }, LOGIN);
  await using _ = registry;
  expect(await pull()).toBe('MLC6508');
});

it('a realm in a network where it may not lead is not asked, also without a login', async () => {
  const realm = 'http://169.254.169.254/token';
  const { registry, pull } = await start(
    { authentication: { ...BEARER, realm } },
    { kind: 'anonymous' },
  );
  await using _ = registry;
  expect(await pull()).toBe('MLC7007');
});

it('by https, a token server on http gets nothing', async () => {
  const registry = await startRegistry({
    tls: true,
    authentication: { ...BEARER, realm: 'http://127.0.0.1:9/token' },
  });
  await using _ = registry;
  const { mkdtemp, writeFile, rm } = await import('node:fs/promises');
  const folder = await mkdtemp('/tmp/mlc-ca-');
  await writeFile(`${folder}/ca.pem`, registry.ca ?? '');
  const { client } = testClient({
    credentials: credentialsOf(LOGIN).store,
    settings: () => Promise.resolve({ caFile: `${folder}/ca.pem` }),
  });
  expect(await codeOf(client.ping(registry.host, { signal }))).toBe('MLC6508');
  await rm(folder, { recursive: true });
});

it('ping: there, and with a credential that is taken', async () => {
  const registry = await startRegistry({ authentication: BEARER });
  await using _ = registry;
  const good = testClient({ credentials: credentialsOf(LOGIN).store });
  expect(await codeOf(good.client.ping(registry.host, { signal }))).toBe('done');
  const bad = testClient({ credentials: credentialsOf({ ...LOGIN, password: 'x' }).store });
  expect(await codeOf(bad.client.ping(registry.host, { signal }))).toBe('MLC6503');
});

it('a blocked registry is not asked', async () => {
  const { client, http } = testClient({
    settings: () => Promise.resolve({ blocked: true, source: 'registries.conf' }),
  });
  const work = client.ping('registry.example', { signal });
  await expect(work).rejects.toMatchObject({
    code: 'MLC6507',
    data: { source: 'registries.conf' },
  });
  expect(http.egress()).toEqual([]);
});

it('a redirect to another host gets no credential', async () => {
  await using other = await startRegistry({ address: '127.0.0.2' });
  const bytes = noise('x', 1000);
  const digest = await other.seedBlob('a', bytes);
  const { registry, repository } = await start(
    {
      authentication: BASIC,
      faults: [
        {
          name: 'elsewhere',
          on: { endpoint: 'blob', method: 'GET', headers: { authorization: /./ } },
          then: {
            kind: 'answer',
            status: 307,
            headers: { location: `${other.origin}/v2/a/blobs/${digest}` },
          },
        },
      ],
    },
    LOGIN,
  );
  await using _ = registry;
  const pulled = await collect(repository.fetch(layer('x', 1000).descriptor, { signal }));
  expect(Buffer.concat(pulled)).toEqual(Buffer.from(bytes));
  expect(other.journal.entries.map(({ headers }) => headers.authorization)).toEqual([undefined]);
});

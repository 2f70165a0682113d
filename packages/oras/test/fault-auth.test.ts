import { writeFile } from 'node:fs/promises';

import {
  startRegistry,
  tempProject,
  type Authentication,
  type Fault,
  type RegistryOptions,
} from '@mlcontainer/testing';
import { describe, expect, it } from 'vitest';

import { pushGraph, type Credential } from '../src/index.ts';
import { content, graphOf, imageOf, noise } from './support/contents.ts';
import { ANN, endOf, seed, USERS, withLab, type Lab } from './support/lab.ts';
import { IMAGE, OPERATIONS } from './support/operations.ts';

const IDENTITY: Credential = { kind: 'identity-token', token: 'refresh-ann' };
const BEARER: Authentication = {
  kind: 'bearer',
  users: USERS,
  identityTokens: { 'refresh-ann': 'ann' },
};
const ANONYMOUS: Credential = { kind: 'anonymous' };
const STRANGER: Credential = { ...ANN, password: 'wrong' };

/** F1: every way to log in, and what comes of it. */
const LOGINS: readonly (readonly [string, Authentication, Credential, string])[] = [
  ['basic', { kind: 'basic', users: USERS }, ANN, 'done'],
  ['bearer', BEARER, ANN, 'done'],
  ['identity token by OAuth2', BEARER, IDENTITY, 'done'],
  [
    'identity token where the endpoint knows no POST',
    { ...BEARER, oauth2: false, users: { '': 'refresh-ann' } },
    IDENTITY,
    'done',
  ],
  ['basic, wrong password', { kind: 'basic', users: USERS }, STRANGER, 'MLC6503'],
  ['bearer, wrong password', BEARER, STRANGER, 'MLC6503'],
  ['unknown identity token', BEARER, { ...IDENTITY, token: 'other' }, 'MLC6503'],
  ['basic, nothing to show', { kind: 'basic', users: USERS }, ANONYMOUS, 'MLC6503'],
  ['bearer, nothing to show', BEARER, ANONYMOUS, 'MLC6503'],
];

describe.each(OPERATIONS)('$name', (operation) => {
  it.each(LOGINS)('F1 %s', async (_, authentication, credential, expected) => {
    await withLab({ credential, registry: { authentication } }, async (lab) => {
      await operation.prepare(lab);
      expect(await endOf(operation.run(lab))).toBe(expected);
      if (expected === 'done') await operation.check(lab);
      expectContained(lab);
    });
  });

  it('F3 a token that is no longer good is replaced with the configured credential', () =>
    withLab({ credential: ANN, registry: { authentication: BEARER } }, async (lab) => {
      await operation.prepare(lab);
      lab.registry.addFaults({
        name: 'gone',
        on: { nth: [3, 5] },
        then: { kind: 'revoke-tokens' },
      });
      expect(await endOf(operation.run(lab))).toBe('done');
      const asked = lab.registry.journal.of({ server: 'token' });
      expect(asked.length).toBeGreaterThan(1);
      expectContained(lab);
    }));

  it('F5 403 is final', () =>
    withLab({ registry: { faults: [status(403)] } }, async (lab) => {
      await operation.prepare(lab);
      expect(await endOf(operation.run(lab))).toBe('MLC6504');
      const all = lab.registry.journal.entries.map(({ method, path }) => `${method} ${path}`);
      // An upload begins without a name: one for each of the blobs may.
      const begun = all.filter((request) => /^POST [^?]*\/uploads\/$/.test(request));
      expect(begun.length).toBeLessThanOrEqual(2);
      const named = all.filter((request) => !begun.includes(request));
      expect(named).toEqual([...new Set(named)]);
    }));
});

function status(code: number): Fault {
  return { name: `${code}`, on: {}, then: { kind: 'answer', status: code } };
}

/** The password goes to the token endpoint alone, tokens to the registry alone. */
function expectContained({ registry }: Lab): void {
  for (const { server, headers } of registry.journal.entries) {
    const scheme = headers.authorization?.split(' ')[0];
    const allowed =
      server === 'token' ? ['Basic'] : registry.tokenOrigin === undefined ? ['Basic'] : ['Bearer'];
    expect([undefined, ...allowed]).toContain(scheme);
  }
}

describe('F2 tokens that end in mid-push', () => {
  const layers = Array.from({ length: 20 }, (_, at) => content(noise(3000, at), 'application/x'));

  it.each(['artifact-registry', 'generic'] as const)(
    '%s: 20 slow blobs, each sent once',
    (profile) =>
      withLab(
        {
          credential: ANN,
          // One at a time: what one upload waits is not to pass for the others too.
          client: { concurrency: 1, chunkBytes: profile === 'generic' ? 1000 : 1_000_000 },
          registry: { profile, authentication: { ...BEARER, lifetimeSeconds: 5 } },
        },
        async ({ registry, clock, repository, signal }) => {
          // The source is slow: two seconds go by while each is sent.
          const slow = layers.map(({ descriptor, open }) => ({
            descriptor,
            async *open() {
              clock.advance(2000);
              yield* open();
            },
          }));
          const { config, manifest } = imageOf(layers);
          const graph = { blobs: [...slow, config], manifests: [manifest], tags: ['v1'] };
          await pushGraph(repository(), graph, { signal });
          const blobs = registry.commits.filter(({ how }) => how === 'upload');
          expect(blobs).toHaveLength(21);
          expect(new Set(blobs.map(({ digest }) => digest)).size).toBe(21);
          expect(registry.tokens.length).toBeGreaterThan(5);
        },
      ),
  );

  it('also where they end earlier than was said', () =>
    withLab(
      {
        credential: ANN,
        registry: {
          authentication: BEARER,
          faults: [
            {
              name: 'ends early',
              on: { nth: [5, 45, 85] },
              then: { kind: 'revoke-tokens' },
            },
          ],
        },
      },
      async ({ registry, repository, signal }) => {
        const { config, manifest } = imageOf(layers);
        const graph = { blobs: [...layers, config], manifests: [manifest], tags: ['v1'] };
        await pushGraph(repository(), graph, { signal });
        expect(registry.commits.filter(({ how }) => how === 'upload')).toHaveLength(21);
      },
    ));
});

describe('F4 insufficient_scope', () => {
  const challenge = (nth: number | { readonly from: number }): Fault => ({
    name: 'wants more',
    on: { endpoint: 'uploads', nth },
    then: {
      kind: 'answer',
      status: 401,
      headers: {
        'www-authenticate':
          'Bearer realm="{origin}/token",service="registry.test",scope="repository:team/app:pull,push,delete",error="insufficient_scope"',
      },
    },
  });

  async function pushed(nth: number | { readonly from: number }) {
    const authentication = { ...BEARER } as const;
    return withLab({ credential: ANN, registry: { authentication } }, async (lab) => {
      // The realm of the challenge must be the token endpoint's.
      const { then, ...fault } = challenge(nth);
      const real = JSON.parse(
        JSON.stringify(then).replace('{origin}', String(lab.registry.tokenOrigin)),
      ) as typeof then;
      lab.registry.addFaults({ ...fault, then: real });
      const end = await endOf(pushGraph(lab.repository(), IMAGE, { signal: lab.signal }));
      return { end, asked: lab.registry.journal.of({ server: 'token' }).map(({ path }) => path) };
    });
  }

  it('widens the scope once, and keeps it', async () => {
    const { end, asked } = await pushed(1);
    expect(end).toBe('done');
    expect(asked.filter((path) => decodeURIComponent(path).includes('delete'))).toHaveLength(1);
    expect(asked).toHaveLength(2);
  });

  it('is final where widening does not help', async () => {
    const { end, asked } = await pushed({ from: 1 });
    expect(end).toBe('MLC6504');
    expect(asked.length).toBeLessThan(10);
  });

  it('of a user who may not push is not allowed', () => {
    const grants = [{ user: 'ann', repository: '*', actions: ['pull'] as const }];
    const registry: RegistryOptions = { authentication: { ...BEARER, grants } };
    return withLab({ credential: ANN, registry }, async ({ repository, signal }) => {
      expect(await endOf(pushGraph(repository(), IMAGE, { signal }))).toBe('MLC6504');
    });
  });
});

describe('F11 F13 credentials stay where they belong', () => {
  it('four hosts: registry, token endpoint, redirect target, mirror', async () => {
    await using target = await startRegistry({ address: '127.0.0.2' });
    await using mirror = await startRegistry({
      address: '127.0.0.3',
      faults: [
        { name: 'not here', on: { endpoint: 'blob' }, then: { kind: 'answer', status: 404 } },
      ],
    });
    const options = {
      credential: ANN,
      settings: { plainHttp: true, mirrors: [{ location: mirror.host, plainHttp: true }] },
      registry: {
        authentication: BEARER,
        faults: [
          {
            name: 'moved',
            on: { endpoint: 'blob', method: 'GET', headers: { authorization: /^Bearer / } },
            then: { kind: 'answer', status: 307, headers: { location: `${target.origin}{path}` } },
          },
        ],
      },
    } as const;
    await withLab(options, async (lab) => {
      await seed(target, IMAGE);
      await seed(mirror, IMAGE);
      for (const operation of OPERATIONS) {
        await operation.prepare(lab);
        expect(await endOf(operation.run(lab))).toBe('done');
      }
      expect(target.journal.of({ endpoint: 'blob', method: 'GET' })).toHaveLength(3);
      expect(mirror.journal.of({ endpoint: 'manifest' }).length).toBeGreaterThan(0);
      for (const { headers } of [...target.journal.entries, ...mirror.journal.entries])
        expect(headers).not.toHaveProperty('authorization');
      expectContained(lab);
    });
  });

  it('an upload that goes on at another host is sent there without a token', async () => {
    await using target = await startRegistry({ address: '127.0.0.2' });
    await withLab({ credential: ANN, registry: { authentication: BEARER } }, async (lab) => {
      lab.registry.addFaults({
        name: 'elsewhere',
        on: { endpoint: 'uploads', method: 'POST', headers: { authorization: /^Bearer / } },
        then: { kind: 'change', headers: { location: { part: '', by: target.origin } } },
      });
      expect(
        await endOf(pushGraph(lab.repository(), graphOf(100), { signal: lab.signal })),
      ).toMatch(/^MLC65/);
      expect(target.journal.entries.length).toBeGreaterThan(0);
      for (const { headers } of target.journal.entries)
        expect(headers).not.toHaveProperty('authorization');
    });
  });

  it.each([
    ['a redirect', 'blob', 307],
    ['a Location', 'uploads', 202],
  ] as const)('%s from https to http is refused', async (_, endpoint, code) => {
    await using project = await tempProject();
    await using target = await startRegistry({ address: '127.0.0.2' });
    const ca = project.path('ca.pem');
    const registry: RegistryOptions = {
      tls: true,
      authentication: { kind: 'basic', users: USERS },
      faults: [
        {
          name: 'down',
          on: { endpoint, method: ['GET', 'POST'], headers: { authorization: /./ } },
          then: { kind: 'answer', status: code, headers: { location: `${target.origin}{path}` } },
        },
      ],
    };
    const settings = { plainHttp: false, caFile: ca };
    await withLab({ credential: ANN, registry, settings }, async (lab) => {
      await writeFile(ca, lab.registry.ca ?? '');
      const operation = OPERATIONS.find(
        ({ name }) => name === (endpoint === 'blob' ? 'pull' : 'push'),
      );
      await operation?.prepare(lab);
      expect(await endOf(operation?.run(lab) ?? Promise.resolve())).toBe('MLC7007');
      expect(target.journal.entries).toEqual([]);
    });
  });

  it('a realm of http is shown no credential by a registry of https', async () => {
    await using project = await tempProject();
    await using token = await startRegistry({ authentication: BEARER });
    const ca = project.path('ca.pem');
    const realm = `${token.tokenOrigin}/token`;
    const registry: RegistryOptions = { tls: true, authentication: { ...BEARER, realm } };
    await withLab(
      { credential: ANN, registry, settings: { plainHttp: false, caFile: ca } },
      async (lab) => {
        await writeFile(ca, lab.registry.ca ?? '');
        expect(await endOf(lab.client.ping(lab.registry.host, { signal: lab.signal }))).toBe(
          'MLC6508',
        );
        expect(token.journal.entries).toEqual([]);
      },
    );
  });

  it('a registry that speaks http alone is not asked in the clear where nobody said so', () =>
    withLab({ credential: ANN, settings: { plainHttp: false } }, async (lab) => {
      expect(await endOf(lab.client.ping(lab.registry.host, { signal: lab.signal }))).toBe(
        'MLC6812',
      );
      expect(lab.registry.journal.entries).toEqual([]);
    }));
});

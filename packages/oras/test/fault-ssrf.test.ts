import type { Fault, Misfortune, RegistryOptions } from '@mlcontainer/testing';
import { startRegistry } from '@mlcontainer/testing';
import { describe, expect, it } from 'vitest';

import { createRegistryClient, type Repository } from '../src/index.ts';
import { startForwardProxy } from './support/forward-proxy.ts';
import { collect } from './support/contents.ts';
import { ANN, endOf, knows, seed, USERS, withLab, type Lab } from './support/lab.ts';
import { IMAGE } from './support/operations.ts';

/** Hosts that a registry may not send its clients to: F12. */
const ADDRESSES: readonly (readonly [what: string, host: string])[] = [
  ['the cloud’s metadata', '169.254.169.254'],
  ['a private network', '10.0.0.1'],
  ['another private network', '192.168.1.1'],
  ['this machine', '127.0.0.1:1'],
  ['no address', '0.0.0.0'],
  ['this machine by IPv6', '[::1]:1'],
  ['metadata by IPv6', '[fd00:ec2::254]'],
  ['metadata by IPv4 in IPv6', '[::ffff:169.254.169.254]'],
];

interface Way {
  readonly name: string;
  /** How the registry names the address. */
  fault(address: string): Fault;
  /** What makes the client go there. */
  run(repository: Repository, signal: AbortSignal): Promise<unknown>;
  /** How it ends where the address is another port of the registry's own host, which knows of no upload and no token. */
  readonly followed: string;
}

function named(on: Fault['on'], then: Misfortune): Fault {
  return { name: 'leads elsewhere', on, then };
}

const [LAYER, CONFIG] = IMAGE.blobs;
if (LAYER === undefined || CONFIG === undefined) throw new Error('the image has two blobs');
const { descriptor: layer } = LAYER;
const { descriptor: subject } = IMAGE.manifest;

const redirected = (name: string, on: Fault['on'], run: Way['run'], followed = 'done'): Way => ({
  name,
  run,
  followed,
  fault: (host) =>
    named(on, { kind: 'answer', status: 307, headers: { location: `http://${host}{path}` } }),
});

const linked = (endpoint: 'tags' | 'referrers', run: Way['run']): Way => ({
  name: `Link of ${endpoint}`,
  run,
  // Pages stay at their origin.
  followed: 'MLC6506',
  fault: (host) =>
    named(
      { endpoint },
      { kind: 'change', headers: { link: `<http://${host}{path}?n=1>; rel="next"` } },
    ),
});

const tagsOf: Way['run'] = async (repository, signal) => {
  for await (const _ of repository.tags({ signal })) continue;
};

const WAYS: readonly Way[] = [
  redirected('redirect of a blob', { endpoint: 'blob', method: 'GET' }, (repository, signal) =>
    collect(repository.fetch(layer, { signal })),
  ),
  redirected('redirect of a manifest', { endpoint: 'manifest' }, (repository, signal) =>
    repository.getManifest('v1', { signal }),
  ),
  redirected(
    'redirect of an upload',
    { endpoint: 'upload', method: 'PUT' },
    (repository, signal) => repository.push(CONFIG, { signal }),
    'MLC6520',
  ),
  {
    name: 'Location of an upload',
    followed: 'MLC6520',
    fault: (host) =>
      named(
        { endpoint: 'uploads' },
        {
          kind: 'change',
          headers: { location: { part: /^(https?:\/\/[^/]*)?/, by: `http://${host}` } },
        },
      ),
    run: (repository, signal) => repository.push(CONFIG, { signal }),
  },
  {
    name: 'realm',
    followed: 'MLC6502',
    fault: (host) =>
      named(
        {},
        {
          kind: 'answer',
          status: 401,
          headers: { 'www-authenticate': `Bearer realm="http://${host}/token",service="x"` },
        },
      ),
    run: (repository, signal) => repository.getManifest('v1', { signal }),
  },
  linked('tags', tagsOf),
  linked('referrers', (repository, signal) => repository.referrers(subject, { signal })),
];

/** A registry with a name in the world, reached by a proxy as in a company's network. */
async function behindProxy(
  registry: RegistryOptions,
  use: (lab: Lab, repository: Repository) => Promise<void>,
): Promise<readonly string[]> {
  await using real = await startRegistry(registry);
  await using proxy = await startForwardProxy({ 'registry.example': real.origin });
  const http = { env: { http_proxy: proxy.origin } };
  await withLab({ http }, async (lab) => {
    await seed(real, { ...IMAGE, blobs: IMAGE.blobs.slice(0, 1) });
    const client = createRegistryClient({
      ports: { http: lab.http, clock: lab.clock },
      credentials: knows({ kind: 'anonymous' }),
      settings: () => Promise.resolve({ plainHttp: true }),
    });
    await use(lab, client.repository({ registry: 'registry.example', repository: 'team/app' }));
  });
  return proxy.asked;
}

describe.each(WAYS)('F12 $name', ({ fault, run, followed }) => {
  it.each(ADDRESSES)('to %s is refused', async (_, host) => {
    const asked = await behindProxy({ faults: [fault(host)] }, async ({ signal }, repository) => {
      expect(['MLC7007', 'MLC6506', 'MLC6508']).toContain(await endOf(run(repository, signal)));
    });
    expect(new Set(asked)).toEqual(new Set(['registry.example']));
  });

  it('to its own host is followed', async () => {
    await using other = await startRegistry();
    await withLab({ registry: { faults: [fault(other.host)] } }, async (lab) => {
      await seed(lab.registry, { ...IMAGE, blobs: IMAGE.blobs.slice(0, 1) });
      await seed(other, IMAGE);
      const end = await endOf(run(lab.repository(), lab.signal));
      expect(end).toBe(followed);
    });
  });
});

describe('F12 credentials', () => {
  it('are shown to no host that a registry names', async () => {
    await using other = await startRegistry();
    for (const { fault, run } of WAYS) {
      const registry: RegistryOptions = {
        authentication: { kind: 'basic', users: USERS },
        faults: [
          {
            ...fault(other.host),
            on: { ...fault(other.host).on, headers: { authorization: /./ } },
          },
        ],
      };
      await withLab({ credential: ANN, registry }, async (lab) => {
        await seed(lab.registry, { ...IMAGE, blobs: IMAGE.blobs.slice(0, 1) });
        await endOf(run(lab.repository(), lab.signal));
      });
    }
    for (const { headers, server } of other.journal.entries)
      expect([server, headers.authorization]).toEqual(['registry', undefined]);
    expect(other.journal.entries.length).toBeGreaterThan(0);
  });
});

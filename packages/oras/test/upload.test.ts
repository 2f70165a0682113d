import { startRegistry, type Fault, type RegistryOptions } from '@mlcontainer/testing';
import { expect, it } from 'vitest';

import { codeOf } from './support/graph.ts';
import { credentialsOf, signal, testRepository } from './support/client.ts';
import { layer } from './support/image.ts';
import type { RegistryClientOptions } from '../src/registry.ts';

const SIZE = 1_000_000;

async function upload(options: RegistryOptions, client: Partial<RegistryClientOptions> = {}) {
  const registry = await startRegistry(options);
  const made = testRepository(registry, 'a', client);
  const blob = layer('blob', SIZE);
  const push = (): Promise<string> =>
    codeOf(made.repository.push(blob, { signal }).then(({ how }) => expect(how).toBe('uploaded')));
  const commits = (): number => registry.commits.length;
  const requests = (): string[] =>
    registry.journal.entries
      .filter(({ endpoint }) => endpoint === 'upload' || endpoint === 'uploads')
      .map(({ method, status }) => `${method} ${status}`);
  return { ...made, registry, blob, push, commits, requests };
}

function fault(on: Fault['on'], then: Fault['then']): RegistryOptions {
  return { faults: [{ name: 'fault', on, then }] };
}

const PUT = { endpoint: 'upload', method: 'PUT' } as const;

it('is one POST and one PUT with its length', async () => {
  const { registry, push, requests } = await upload({});
  await using _ = registry;
  expect(await push()).toBe('done');
  expect(requests()).toEqual(['POST 202', 'PUT 201']);
  const put = registry.journal.of(PUT)[0];
  expect(put).toMatchObject({ requestBytes: SIZE });
  expect(put?.headers['content-length']).toBe(String(SIZE));
});

it('begins anew when the connection breaks, and tells so', async () => {
  const { registry, push, commits, events } = await upload(
    fault({ ...PUT, nth: 1 }, { kind: 'cut', at: { requestBytes: SIZE / 2 } }),
  );
  await using _ = registry;
  expect([await push(), commits()]).toEqual(['done', 1]);
  expect(events).toMatchObject([{ code: 'upload-retried', attempt: 1 }]);
});

it('sends nothing again when only the answer was lost', async () => {
  const { registry, push, commits, requests } = await upload(
    fault({ ...PUT, nth: 1 }, { kind: 'cut', at: 'answer' }),
  );
  await using _ = registry;
  expect([await push(), commits()]).toEqual(['done', 1]);
  expect(requests().filter((each) => each.startsWith('PUT'))).toHaveLength(1);
});

it('opens another upload when the registry lost this one', async () => {
  const { registry, push, requests } = await upload(
    fault({ ...PUT, nth: 1 }, { kind: 'forget-uploads' }),
  );
  await using _ = registry;
  expect(await push()).toBe('done');
  expect(requests()).toEqual(['POST 202', 'PUT 404', 'POST 202', 'PUT 201']);
});

it('survives a registry that restarts in the middle', async () => {
  const { registry, push, commits } = await upload(
    fault({ ...PUT, nth: 1 }, { kind: 'slow', body: 'request', bytes: 200_000, pauseMs: 20 }),
  );
  await using _ = registry;
  const pushed = push();
  await registry.journal.when(({ method, requestBytes }) => method === 'PUT' && requestBytes > 0);
  await registry.restart();
  expect([await pushed, commits()]).toEqual(['done', 1]);
});

it('ends after three attempts, with what the registry said', async () => {
  const { registry, repository, blob } = await upload(
    fault(PUT, {
      kind: 'answer',
      status: 500,
      body: '{"errors":[{"code":"UNKNOWN","message":"disk"}]}',
    }),
  );
  await using _ = registry;
  await expect(repository.push(blob, { signal })).rejects.toMatchObject({
    code: 'MLC6520',
    data: { detail: '500 UNKNOWN: disk' },
  });
  expect(registry.journal.of(PUT)).toHaveLength(3);
});

it('a stalled registry is an error of ours, after three attempts', async () => {
  const stall = fault(PUT, { kind: 'stall', at: { requestBytes: 1000 } });
  const { registry, push } = await upload(stall);
  await using _ = registry;
  expect(await push()).toBe('MLC6520');
  expect(registry.journal.of(PUT)).toHaveLength(3);
});

it('a digest that the registry finds wrong is final', async () => {
  const { registry, push, requests } = await upload(
    fault(PUT, { kind: 'answer', status: 400, body: '{"errors":[{"code":"DIGEST_INVALID"}]}' }),
  );
  await using _ = registry;
  expect([await push(), requests()]).toEqual(['MLC6521', ['POST 202', 'PUT 400']]);
});

it('a digest in the answer that is another is final', async () => {
  const header = { 'docker-content-digest': `sha256:${'b'.repeat(64)}` };
  const { registry, push } = await upload(fault(PUT, { kind: 'change', headers: header }));
  await using _ = registry;
  expect(await push()).toBe('MLC6521');
});

it('403 is final', async () => {
  const { registry, push, requests } = await upload(
    fault({ endpoint: 'uploads' }, { kind: 'answer', status: 403, body: '<html>no</html>' }),
  );
  await using _ = registry;
  expect([await push(), requests()]).toEqual(['MLC6504', ['POST 403']]);
});

it.each([
  ['PATCH and PUT', 405, ['POST 202', 'PUT 405', 'POST 202', 'PATCH 202', 'PUT 201']],
  [
    'chunks',
    413,
    ['POST 202', 'PUT 413', 'POST 202', 'PATCH 202', 'PUT 201', 'POST 202', 'PATCH 202', 'PUT 201'],
  ],
])('goes over to %s after %d, and stays with it', async (_name, status, expected) => {
  const { registry, push, repository, requests, events } = await upload(
    fault({ ...PUT, headers: { 'content-length': /^1000000$/ } }, { kind: 'answer', status }),
  );
  await using _ = registry;
  expect(await push()).toBe('done');
  if (status === 413) await repository.push(layer('next', SIZE), { signal });
  expect(requests()).toEqual(expected);
  expect(events).toMatchObject([{ code: 'upload-form' }]);
});

it('chunks: in order, and again from where the registry has come to', async () => {
  const { registry, push, commits, requests } = await upload(
    fault(
      { endpoint: 'upload', method: 'PATCH', nth: 2 },
      { kind: 'cut', at: { requestBytes: 100_000 } },
    ),
    { chunkBytes: 300_000 },
  );
  await using _ = registry;
  expect([await push(), commits()]).toEqual(['done', 1]);
  expect(requests()).toEqual([
    'POST 202',
    'PATCH 202',
    'PATCH 0',
    'GET 204',
    'PATCH 202',
    'PATCH 202',
    'PATCH 202',
    'PUT 201',
  ]);
  const ranges = registry.journal.of({ method: 'PATCH', status: 202 });
  expect(ranges.map(({ headers }) => headers['content-range'])).toEqual([
    '0-299999',
    '400000-599999',
    '600000-899999',
    '900000-999999',
  ]);
});

it('chunks: 416 is answered by asking', async () => {
  const { registry, push, requests } = await upload(
    fault({ endpoint: 'upload', method: 'PATCH', nth: 2 }, { kind: 'answer', status: 416 }),
    { chunkBytes: 600_000 },
  );
  await using _ = registry;
  expect(await push()).toBe('done');
  expect(requests()).toEqual([
    'POST 202',
    'PATCH 202',
    'PATCH 416',
    'GET 204',
    'PATCH 202',
    'PUT 201',
  ]);
});

it('chunks: a session that is lost begins anew', async () => {
  const { registry, push, commits } = await upload(
    fault({ endpoint: 'upload', method: 'PATCH', nth: 2 }, { kind: 'forget-uploads' }),
    { chunkBytes: 300_000 },
  );
  await using _ = registry;
  expect([await push(), commits()]).toEqual(['done', 1]);
});

it('chunks: none is smaller than the registry takes', async () => {
  const { registry, push } = await upload(
    { different: { minChunk: 400_000 } },
    { chunkBytes: 100_000 },
  );
  await using _ = registry;
  expect(await push()).toBe('done');
  expect(registry.journal.of({ method: 'PATCH' }).map(({ requestBytes }) => requestBytes)).toEqual([
    400_000, 400_000, 200_000,
  ]);
});

it('chunks: a stale Range does not stop it', async () => {
  const { registry, push } = await upload(
    fault({ endpoint: 'upload', method: 'PATCH' }, { kind: 'change', headers: { range: '0-99' } }),
    { chunkBytes: 500_000 },
  );
  await using _ = registry;
  expect(await push()).toBe('done');
});

it('a token that ends in mid-upload is renewed with the configured credential', async () => {
  const { registry, push, commits } = await upload(
    {
      authentication: { kind: 'bearer', users: { me: 'pw' } },
      ...fault({ ...PUT, nth: 1 }, { kind: 'revoke-tokens' }),
    },
    { credentials: credentialsOf({ kind: 'basic', username: 'me', password: 'pw' }).store },
  );
  await using _ = registry;
  expect([await push(), commits()]).toEqual(['done', 1]);
  const logins = registry.journal
    .of({ server: 'token' })
    .map(({ headers }) => headers.authorization);
  expect(logins).toEqual(Array(2).fill(`Basic ${Buffer.from('me:pw').toString('base64')}`));
});

it.each([
  'http://169.254.169.254/latest/meta-data',
  'http://[fd00:ec2::254]/',
  'http://0.0.0.0/upload',
])('a Location at %s is not followed', async (location) => {
  const { registry, push } = await upload(
    fault({ endpoint: 'uploads' }, { kind: 'change', headers: { location } }),
  );
  await using _ = registry;
  expect(await push()).toBe('MLC7007');
});

it.each([[null], ['ftp://x/'], ['http://']])('a Location %s is none', async (location) => {
  const { registry, push } = await upload(
    fault({ endpoint: 'uploads' }, { kind: 'change', headers: { location } }),
  );
  await using _ = registry;
  expect(await push()).toBe('MLC6506');
});

it('a Location at another host gets the bytes and no credential', async () => {
  await using other = await startRegistry({ address: '127.0.0.2' });
  const { registry, push } = await upload(
    {
      authentication: { kind: 'basic', users: { me: 'pw' } },
      ...fault(
        { endpoint: 'uploads', headers: { authorization: /./ } },
        { kind: 'change', headers: { location: `${other.origin}/v2/a/blobs/uploads/x` } },
      ),
    },
    { credentials: credentialsOf({ kind: 'basic', username: 'me', password: 'pw' }).store },
  );
  await using _ = registry;
  expect(await push()).toBe('MLC6520');
  expect(other.journal.entries.length).toBeGreaterThan(0);
  expect(other.journal.entries.every(({ headers }) => headers.authorization === undefined)).toBe(
    true,
  );
});

it('follows redirects of an upload with its body', async () => {
  await using other = await startRegistry({ address: '127.0.0.2' });
  const { registry, push } = await upload(
    fault(
      { endpoint: 'uploads' },
      { kind: 'answer', status: 307, headers: { location: `${other.origin}/v2/a/blobs/uploads/` } },
    ),
  );
  await using _ = registry;
  expect(await push()).toBe('done');
  expect(other.commits).toHaveLength(1);
});

it('an abort ends an upload at once', async () => {
  const { registry, repository, blob } = await upload(
    fault(PUT, { kind: 'stall', at: { requestBytes: 1000 } }),
  );
  await using _ = registry;
  const stop = new AbortController();
  const push = repository.push(blob, { signal: stop.signal });
  await registry.journal.when(({ method, requestBytes }) => method === 'PUT' && requestBytes > 0);
  stop.abort(new Error('enough'));
  await expect(push).rejects.toThrow('enough');
});

it('an empty blob is a blob', async () => {
  await using registry = await startRegistry();
  const { repository } = testRepository(registry, 'a');
  expect(await repository.push(layer('', 0), { signal })).toEqual({ how: 'uploaded', sent: 0 });
});

import { createHash } from 'node:crypto';
import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { testContext } from '../../test/support/context.ts';
import { faultOf } from '../../test/support/fault.ts';
import { serveIndex } from '../../test/support/index-server.ts';
import { buildWheel, wheelName } from '../../test/support/wheel.ts';
import type { LockedWheel } from '../uv/lock.ts';
import { fetchWheel } from './fetch-wheel.ts';

const bytes = buildWheel();
const file = wheelName();
const sha256 = createHash('sha256').update(bytes).digest('hex');
const other = buildWheel({ files: [{ name: 'demo/evil.py', content: 'evil' }] });
const locked: LockedWheel = {
  name: 'demo',
  version: '1.0',
  file,
  sha256,
  size: bytes.length,
  requires: [],
  requiredBy: [],
  tags: ['py3-none-any'],
};

describe('fetchWheel', () => {
  it.each(['json', 'html'] as const)(
    'finds a wheel by name and hash in a %s index, and asks once',
    async (form) => {
      await using index = await serveIndex([{ file, bytes }], { form });
      using cx = await testContext({ PIP_INDEX_URL: index.url });
      const path = await fetchWheel(locked, cx);
      expect(path).toBe(await cx.ports.store.path(sha256));
      expect(await fetchWheel(locked, cx)).toBe(path);
      expect(index.requests).toEqual(['GET /simple/demo/', `GET /files/${file}`]);
    },
  );

  it('goes to an address learnt before without asking the index, unless it is gone', async () => {
    await using index = await serveIndex([{ file, bytes }]);
    using cx = await testContext({ PIP_INDEX_URL: index.url });
    const { rememberAddress } = await import('./addresses.ts');
    await rememberAddress(sha256, `http://${index.host}/files/${file}`, cx);
    await fetchWheel(locked, cx);
    expect(index.requests).toEqual([`GET /files/${file}`]);
    using later = await testContext({ PIP_INDEX_URL: index.url });
    await rememberAddress(sha256, `http://${index.host}/files/moved.whl`, later);
    await fetchWheel(locked, later);
    expect(index.requests.slice(1)).toEqual([
      'GET /files/moved.whl',
      'GET /simple/demo/',
      `GET /files/${file}`,
    ]);
  });

  it('does not use an address that was learnt through other indexes', async () => {
    await using old = await serveIndex([{ file, bytes }]);
    await using mirror = await serveIndex([{ file, bytes }]);
    using cx = await testContext({ PIP_INDEX_URL: mirror.url });
    using before = await testContext({ PIP_INDEX_URL: old.url });
    const { rememberAddress } = await import('./addresses.ts');
    await rememberAddress(sha256, `http://${old.host}/files/${file}`, {
      ports: cx.ports,
      settings: before.settings,
    });
    await fetchWheel(locked, cx);
    expect(old.requests).toEqual([]);
  });

  it('asks the extra indexes first, and the first that lists the file decides', async () => {
    await using first = await serveIndex([{ file, bytes: other }]);
    await using second = await serveIndex([{ file, bytes }]);
    using cx = await testContext({ PIP_INDEX_URL: second.url, PIP_EXTRA_INDEX_URL: first.url });
    expect(await faultOf(() => fetchWheel(locked, cx))).toBe('MLC5023');
    expect(second.requests).toEqual([]);
  });

  it('goes on to the next index where one does not have the project', async () => {
    await using empty = await serveIndex([]);
    await using second = await serveIndex([{ file, bytes }]);
    using cx = await testContext({ PIP_INDEX_URL: second.url, PIP_EXTRA_INDEX_URL: empty.url });
    await fetchWheel(locked, cx);
    expect(empty.requests).toEqual(['GET /simple/demo/']);
  });

  it.each([401, 403])('stops at %i', async (status) => {
    await using first = await serveIndex([], { status });
    await using second = await serveIndex([{ file, bytes }]);
    using cx = await testContext({ PIP_INDEX_URL: second.url, PIP_EXTRA_INDEX_URL: first.url });
    expect(await faultOf(() => fetchWheel(locked, cx))).toBe('MLC5021');
    expect(second.requests).toEqual([]);
  });

  it('sends credentials to the origin of the index and to no other', async () => {
    await using index = await serveIndex([{ file, bytes }], { auth: 'me:secret' });
    using cx = await testContext({ PIP_INDEX_URL: `http://me:secret@${index.host}/simple` });
    await fetchWheel(locked, cx);
    expect(index.requests).toEqual(['GET /simple/demo/', `GET /files/${file}`]);
    const record = JSON.stringify(await cx.ports.store.readRecord('wheel-address', sha256));
    expect(record).not.toContain('secret');
    using wrong = await testContext({ PIP_INDEX_URL: `http://me:wrong@${index.host}/simple` });
    expect(await faultOf(() => fetchWheel(locked, wrong))).toBe('MLC5021');
  });

  it('refuses other bytes behind an honest listing', async () => {
    await using index = await serveIndex([{ file, bytes: other, listedSha256: sha256 }]);
    using cx = await testContext({ PIP_INDEX_URL: index.url });
    expect(await faultOf(() => fetchWheel(locked, cx))).toMatch(/^MLC700[34]$/);
    expect(await cx.ports.store.path(sha256)).toBeUndefined();
  });

  it('looks into find-links first, folders and pages', async () => {
    using cx = await testContext({ PIP_NO_INDEX: '1', PIP_FIND_LINKS: 'wheels' });
    expect(await faultOf(() => fetchWheel(locked, cx))).toBe('MLC5020');
    mkdirSync(join(cx.folder.path, 'wheels'));
    writeFileSync(join(cx.folder.path, 'wheels', file), bytes);
    expect(await fetchWheel(locked, cx)).toBe(await cx.ports.store.path(sha256));
    await using index = await serveIndex([{ file, bytes }], { form: 'html' });
    using paged = await testContext({
      PIP_NO_INDEX: '1',
      PIP_FIND_LINKS: `http://${index.host}/simple/demo/`,
    });
    await fetchWheel(locked, paged);
    expect(index.requests).toEqual(['GET /simple/demo/', `GET /files/${file}`]);
  });

  it('reads an index that is a folder', async () => {
    using cx = await testContext();
    const root = cx.folder.path;
    mkdirSync(join(root, 'simple/demo'), { recursive: true });
    mkdirSync(join(root, 'files'));
    writeFileSync(join(root, 'files', file), bytes);
    writeFileSync(
      join(root, 'simple/demo/index.html'),
      `<a href="../../files/${file}#sha256=${sha256}">x</a>`,
    );
    using local = await testContext({ PIP_INDEX_URL: `file://${root}/simple` });
    await fetchWheel(locked, local);
    using flat = await testContext({ PIP_INDEX_URL: `file://${root}/flat` });
    mkdirSync(join(root, 'flat/demo'), { recursive: true });
    copyFileSync(join(root, 'files', file), join(root, 'flat/demo', file));
    await fetchWheel(locked, flat);
    expect(await flat.ports.store.path(sha256)).toBeDefined();
  });

  it('names what it searched, and what an index that is none answered', async () => {
    await using empty = await serveIndex([]);
    using cx = await testContext({ PIP_INDEX_URL: empty.url });
    const error = await fetchWheel(locked, cx).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: 'MLC5020', data: { searched: [empty.url] } });
    await using broken = await serveIndex([{ file, bytes }], { status: 418 });
    using again = await testContext({ PIP_INDEX_URL: broken.url });
    expect(await faultOf(() => fetchWheel(locked, again))).toBe('MLC7002');
  });
});

import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type TestContext, testContext, testUv } from '../../test/support/context.ts';
import { faultOf } from '../../test/support/fault.ts';
import { serveIndex, type Served } from '../../test/support/index-server.ts';
import { python } from '../../test/support/python.ts';
import { buildWheel, wheelName, type WheelShape } from '../../test/support/wheel.ts';
import { fetchWheel } from '../fetch/fetch-wheel.ts';
import type { WheelLock } from './lock.ts';
import { resolveWheels, type ResolveRequest } from './resolve.ts';

const uv = await testUv();
const interpreter = {
  argv: [python<string>('import json, sys; print(json.dumps(sys.executable))')],
  env: {},
};
const cp311 = 'cp311-cp311-manylinux_2_17_x86_64.manylinux2014_x86_64';

const served = (shape: WheelShape): Served => ({
  file: wheelName(shape),
  bytes: buildWheel(shape),
});
const sdist = (name: string): Served => ({
  file: `${name}-1.0.tar.gz`,
  bytes: Buffer.from('not really'),
});

const shop = [
  served({
    name: 'app',
    requires: ['lib>=1', 'extra-lib; sys_platform == "linux"', 'win; sys_platform == "win32"'],
  }),
  served({ name: 'lib' }),
  served({ name: 'lib', version: '2.0' }),
  served({ name: 'extra_lib', requires: ['lib'] }),
  served({ name: 'native', tag: 'cp311-cp311-manylinux_2_17_aarch64' }),
  served({ name: 'native', tag: cp311 }),
  served({ name: 'native', tag: 'cp311-cp311-manylinux_2_28_x86_64' }),
  served({ name: 'native', tag: 'cp311-cp311-manylinux_2_40_x86_64' }),
  served({ name: 'native', tag: 'cp310-cp310-manylinux_2_28_x86_64' }),
  served({ name: 'native', tag: 'py3-none-any' }),
  served({ name: 'picky', requires: ['lib<2'] }),
  sdist('source'),
  served({ name: 'needy', requires: ['source'] }),
];

function resolve(
  cx: TestContext,
  requirements: string[],
  more: Partial<ResolveRequest> = {},
): Promise<WheelLock> {
  const request: ResolveRequest = {
    requirements,
    constraints: [],
    pythonVersion: '3.11',
    platform: { os: 'linux', architecture: 'amd64' },
    glibc: '2.36',
    ...more,
  };
  return resolveWheels(request, { ...cx, uv, interpreter });
}

describe('resolveWheels', () => {
  it.each(['json', 'html'] as const)(
    'locks one wheel a package, with who requires whom, from a %s index',
    async (form) => {
      await using index = await serveIndex(shop, { form });
      using cx = await testContext({ PIP_INDEX_URL: index.url });
      const lock = await resolve(cx, ['app', 'native']);
      expect(
        lock.packages.map(({ name, version, file, requires, requiredBy }) => ({
          name,
          version,
          file,
          requires,
          requiredBy,
        })),
      ).toEqual([
        {
          name: 'app',
          version: '1.0',
          file: 'app-1.0-py3-none-any.whl',
          requires: ['extra-lib', 'lib'],
          requiredBy: [],
        },
        {
          name: 'extra-lib',
          version: '1.0',
          file: 'extra_lib-1.0-py3-none-any.whl',
          requires: ['lib'],
          requiredBy: ['app'],
        },
        {
          name: 'lib',
          version: '2.0',
          file: 'lib-2.0-py3-none-any.whl',
          requires: [],
          requiredBy: ['app', 'extra-lib'],
        },
        {
          name: 'native',
          version: '1.0',
          file: 'native-1.0-cp311-cp311-manylinux_2_28_x86_64.whl',
          requires: [],
          requiredBy: [],
        },
      ]);
      const sizes = lock.packages.map(
        (item) => shop.find((one) => one.file === item.file)?.bytes.length,
      );
      expect(lock.packages.map(({ size }) => size)).toEqual(sizes);
      expect(JSON.stringify(lock)).not.toMatch(/127\.0\.0\.1|http|file:/);
    },
  );

  it('locks for another machine', async () => {
    await using index = await serveIndex(shop);
    using cx = await testContext({ PIP_INDEX_URL: index.url });
    const lock = await resolve(cx, ['native'], {
      platform: { os: 'linux', architecture: 'arm64' },
    });
    expect(lock.packages[0]).toMatchObject({
      file: 'native-1.0-cp311-cp311-manylinux_2_17_aarch64.whl',
      tags: ['cp311-cp311-manylinux_2_17_aarch64'],
    });
  });

  it('learns addresses, so that fetching asks no index', async () => {
    await using index = await serveIndex(shop);
    using cx = await testContext({ PIP_INDEX_URL: index.url });
    const lock = await resolve(cx, ['app']);
    index.requests.length = 0;
    await Promise.all(lock.packages.map((wheel) => fetchWheel(wheel, cx)));
    expect(index.requests.toSorted()).toEqual(
      lock.packages.map(({ file }) => `GET /files/${file}`).toSorted(),
    );
  });

  it('asks for sizes and hashes that the index does not give', async () => {
    await using index = await serveIndex(
      [{ ...served({ name: 'lib' }), unhashed: true }, served({ name: 'app', requires: ['lib'] })],
      { unsized: true },
    );
    using cx = await testContext({ PIP_INDEX_URL: index.url });
    const [app, lib] = (await resolve(cx, ['app'])).packages;
    expect([app?.size, lib?.size]).toEqual([
      served({ name: 'app', requires: ['lib'] }).bytes.length,
      served({ name: 'lib' }).bytes.length,
    ]);
    for (const wheel of [app, lib])
      expect(wheel && (await fetchWheel(wheel, cx))).toContain(wheel?.sha256.slice(2));
  });

  it('applies constraints of the request and of pip', async () => {
    await using index = await serveIndex(shop);
    using cx = await testContext({ PIP_INDEX_URL: index.url });
    const version = (lock: WheelLock) => lock.packages.find(({ name }) => name === 'lib')?.version;
    expect(version(await resolve(cx, ['app'], { constraints: ['lib<2'] }))).toBe('1.0');
    const file = cx.folder.file('constraints.txt', 'lib==1.0\n');
    using constrained = await testContext({ PIP_INDEX_URL: index.url, PIP_CONSTRAINT: file });
    expect(version(await resolve(constrained, ['app']))).toBe('1.0');
  });

  it('takes wheels of find-links, local versions too', async () => {
    using cx = await testContext();
    const folder = join(cx.folder.path, 'my wheels'.replace(' ', '-'));
    mkdirSync(folder);
    const local = served({ name: 'lib', version: '2.0+cpu' });
    writeFileSync(join(folder, local.file), local.bytes);
    await using index = await serveIndex(shop);
    using linked = await testContext({ PIP_INDEX_URL: index.url, PIP_FIND_LINKS: folder });
    const lock = await resolve(linked, ['app']);
    expect(lock.packages.find(({ name }) => name === 'lib')).toMatchObject({
      version: '2.0+cpu',
      file: local.file,
      size: local.bytes.length,
    });
    for (const wheel of lock.packages) await fetchWheel(wheel, linked);
  });

  it('takes credentials from the index’s URL', async () => {
    await using index = await serveIndex(shop, { auth: 'me:secret', unsized: true });
    using cx = await testContext({ PIP_INDEX_URL: `http://me:secret@${index.host}/simple` });
    const lock = await resolve(cx, ['lib']);
    expect(lock.packages.map(({ version }) => version)).toEqual(['2.0']);
    using wrong = await testContext({ PIP_INDEX_URL: `http://me:s3cr3t@${index.host}/simple` });
    const error = await resolve(wrong, ['lib']).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: 'MLC5021' });
    expect(`${String(error)} ${JSON.stringify(error)}`).not.toContain('s3cr3t');
  });

  it('keeps to the first index that has a package', async () => {
    await using inner = await serveIndex([served({ name: 'lib' })]);
    await using outer = await serveIndex(shop);
    const variables = { PIP_INDEX_URL: outer.url, PIP_EXTRA_INDEX_URL: inner.url };
    using cx = await testContext(variables);
    expect((await resolve(cx, ['lib'])).packages[0]?.version).toBe('1.0');
    expect(await faultOf(() => resolve(cx, ['lib==2.0']))).toBe('MLC5010');
    using lax = await testContext({ ...variables, UV_INDEX_STRATEGY: 'unsafe-best-match' });
    expect((await resolve(lax, ['lib'])).packages[0]?.version).toBe('2.0');
  });

  it.each([
    ['a conflict', ['picky', 'lib==2.0'], 'MLC5010'],
    ['an unknown package', ['nowhere'], 'MLC5010'],
    ['sources only', ['source'], 'MLC5011'],
    ['sources only, deeper', ['needy'], 'MLC5011'],
    ['an option', ['--index-url=http://evil.example'], 'MLC5013'],
    ['two lines', ['lib\n-e .'], 'MLC5013'],
    ['what is no requirement', ['lib ==== 1'], 'MLC5012'],
  ])('refuses %s', async (_, requirements, expected) => {
    await using index = await serveIndex(shop);
    using cx = await testContext({ PIP_INDEX_URL: index.url });
    expect(await faultOf(() => resolve(cx, requirements))).toBe(expected);
  });

  it('names the package that has only sources, and refuses a requirement by address', async () => {
    await using index = await serveIndex(shop);
    using cx = await testContext({ PIP_INDEX_URL: index.url });
    expect(await resolve(cx, ['needy']).catch((reason: unknown) => reason)).toMatchObject({
      data: { packages: ['source'] },
    });
    expect(
      await faultOf(() =>
        resolve(cx, [`lib @ http://${index.host}/files/lib-1.0-py3-none-any.whl`]),
      ),
    ).toBe('MLC5013');
  });

  it('runs an interpreter that needs words of its own, with no other on PATH and no home to write to', async () => {
    await using index = await serveIndex(shop);
    using cx = await testContext({
      PIP_INDEX_URL: index.url,
      PATH: '/nonexistent',
      HOME: '/proc/nowhere',
      UV_CACHE_DIR: '',
    });
    const argv = ['/usr/bin/env', "WORD=it's", ...interpreter.argv];
    const request: ResolveRequest = {
      requirements: ['lib'],
      constraints: [],
      pythonVersion: '3.11',
      platform: { os: 'linux', architecture: 'amd64' },
      glibc: '2.41',
    };
    const lock = await resolveWheels(request, {
      ...cx,
      uv,
      interpreter: { argv, env: { SOME: "o'ne" } },
    });
    expect(lock.packages).toHaveLength(1);
    expect(existsSync(join(cx.folder.path, '.cache'))).toBe(false);
  });
});

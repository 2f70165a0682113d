import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { testContext } from '../../test/support/context.ts';
import { faultOf } from '../../test/support/fault.ts';
import { serveIndex, type Served } from '../../test/support/index-server.ts';
import { buildWheel } from '../../test/support/wheel.ts';
import { findUv } from './find.ts';
import { type Host, runsOn } from './host.ts';

const host: Host = { os: 'linux', arch: 'x64', glibc: '2.36' };
const program = (version: string) => `#!/bin/sh\necho "uv ${version} (test)"\n`;

function uvWheel(version: string, platform: string): Served {
  const files = [
    { name: `uv-${version}.data/scripts/uv`, content: program(version), mode: 0o100755 },
  ];
  const tag = `py3-none-${platform}`;
  return {
    file: `uv-${version}-${tag}.whl`,
    bytes: buildWheel({ name: 'uv', version, tag, files }),
  };
}

const wheels = [
  uvWheel('0.13.9', 'manylinux_2_17_x86_64.manylinux2014_x86_64'),
  uvWheel('0.13.9', 'manylinux_2_17_aarch64.manylinux2014_aarch64'),
  uvWheel('0.13.9', 'musllinux_1_1_x86_64'),
  uvWheel('0.13.9', 'macosx_11_0_arm64'),
  uvWheel('0.99.0', 'manylinux_2_17_x86_64.manylinux2014_x86_64'),
];

function script(folder: string, name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text, { mode: 0o755 });
  return path;
}

describe('findUv', () => {
  it('takes the one that is named', async () => {
    using cx = await testContext();
    const path = script(cx.folder.path, 'my-uv', program('0.12.0'));
    expect(await findUv({ ...cx, env: { ...cx.env, MLCONTAINER_UV: path } })).toEqual({
      path,
      version: '0.12.0',
      source: 'MLCONTAINER_UV',
    });
  });

  it('refuses one that is named and cannot serve', async () => {
    using cx = await testContext();
    const named = (path: string) =>
      faultOf(() => findUv({ ...cx, env: { ...cx.env, MLCONTAINER_UV: path } }));
    expect(await named(script(cx.folder.path, 'old', program('0.4.0')))).toBe('MLC5002');
    expect(await named(script(cx.folder.path, 'else', '#!/bin/sh\necho something else\n'))).toBe(
      'MLC5001',
    );
    expect(await named(join(cx.folder.path, 'missing'))).toBe('MLC5001');
  });

  it('takes one on PATH that is new enough, and fetches one otherwise', async () => {
    await using index = await serveIndex(wheels);
    for (const [version, source] of [
      ['0.11.0', 'PATH'],
      ['0.4.0', 'store'],
    ] as const) {
      using cx = await testContext({ PATH: '/nonexistent', PIP_INDEX_URL: index.url });
      const bin = join(cx.folder.path, 'bin');
      mkdirSync(bin);
      script(bin, 'uv', program(version));
      using withPath = await testContext({ PATH: bin, PIP_INDEX_URL: index.url });
      expect((await findUv({ ...withPath, host })).source).toBe(source);
    }
  });

  it('fetches the preferred release for the host once', async () => {
    await using index = await serveIndex(wheels);
    using cx = await testContext({ PATH: '/nonexistent', PIP_INDEX_URL: index.url });
    const found = await findUv({ ...cx, host });
    expect(found).toMatchObject({ version: '0.13.9', source: 'store' });
    const run = await cx.ports.exec.run({ command: found.path, args: [], signal: cx.signal });
    expect(Buffer.from(run.stdout).toString()).toBe('uv 0.13.9 (test)\n');
    expect(await findUv({ ...cx, host })).toEqual(found);
    expect(index.requests).toEqual(['GET /simple/uv/', `GET /files/${wheels[0]?.file}`]);
    using arm = await testContext({ PATH: '/nonexistent', PIP_INDEX_URL: index.url });
    await findUv({ ...arm, host: { os: 'linux', arch: 'arm64', glibc: '2.31' } });
    expect(index.requests.at(-1)).toBe(`GET /files/${wheels[1]?.file}`);
  });

  it('takes the newest where the preferred one is not to be had', async () => {
    await using index = await serveIndex([
      uvWheel('0.9.5', 'musllinux_1_1_x86_64'),
      uvWheel('0.10.0', 'musllinux_1_1_x86_64'),
      uvWheel('0.2.0', 'musllinux_1_1_x86_64'),
    ]);
    using cx = await testContext({ PATH: '/nonexistent', PIP_INDEX_URL: index.url });
    expect((await findUv({ ...cx, host })).version).toBe('0.10.0');
  });

  it('says so when nobody has it', async () => {
    await using index = await serveIndex([]);
    using cx = await testContext({ PATH: '/nonexistent', PIP_INDEX_URL: index.url });
    expect(await faultOf(() => findUv({ ...cx, host }))).toBe('MLC5001');
    using bare = await testContext({ PATH: '/nonexistent' });
    expect(await faultOf(() => findUv({ ...bare, host }))).toBe('MLC5001');
  });
});

it.each([
  ['manylinux_2_17_x86_64', host, true],
  ['manylinux_2_40_x86_64', host, false],
  ['manylinux_2_17_aarch64', host, false],
  ['musllinux_1_2_x86_64', { os: 'linux', arch: 'x64' }, true],
  ['manylinux_2_17_x86_64', { os: 'linux', arch: 'x64' }, false],
  ['macosx_11_0_arm64', { os: 'darwin', arch: 'arm64' }, true],
  ['macosx_10_12_universal2', { os: 'darwin', arch: 'x64' }, true],
  ['win_amd64', { os: 'win32', arch: 'x64' }, false],
] as const)('%s on %o runs: %s', (tag, machine, expected) => {
  expect(runsOn(tag, machine)).toBe(expected);
});

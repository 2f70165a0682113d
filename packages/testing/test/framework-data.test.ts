import { describe, expect, it } from 'vitest';
import type { FrameworkPlugin } from '@mlcontainer/plugin-kit';

import { bent, broken, withFile, withLayer } from './fixtures/broken-framework.ts';
import { good, type GoodOptions } from './fixtures/good-framework.ts';

describe('what contribute returns', () => {
  it.each<[string, FrameworkPlugin<GoodOptions>]>([
    ['no layers', bent(() => ({}))],
    [
      'two layers of one id',
      bent(({ layers: [first], ...rest }) => ({ ...rest, layers: [first, first] })),
    ],
    ['an id that is none', withLayer({ id: 'Python Layer' })],
    ['an unknown slot', withLayer({ slot: 'top' })],
    ['no reason', withLayer({ reason: ' ' })],
    ['an unknown source', withLayer({ source: { kind: 'curl', url: 'https://example.org' } })],
    [
      'a requirement that is none',
      withLayer({ source: { kind: 'python', requirements: ['--index-url=https://example.org'] } }),
    ],
    [
      'a package that is none',
      withLayer({ source: { kind: 'debian', packages: ['lib c6; rm -rf /'] } }),
    ],
    [
      'a command that is none',
      withLayer({ source: { kind: 'run', commands: ['make'], network: 'none' } }),
    ],
    [
      'an unknown network',
      withLayer({ source: { kind: 'run', commands: [['make']], network: 'all' } }),
    ],
    ['a relative path', withFile({ path: 'a' })],
    ['a path that leaves its folder', withFile({ path: '{site}/../../etc/passwd' })],
    ['a path with a control character', withFile({ path: '/a\n' })],
    ['a path that is not in its shortest form', withFile({ path: '/a//b/' })],
    ['setuid', withFile({ mode: 0o4755 })],
    ['no content', withFile({ content: undefined })],
    ['content from the network', withFile({ content: { url: 'https://example.org/x' } })],
    ['content that is not there', withFile({ content: { url: 'file:///no/such/file' } })],
    [
      'an adapter that is no module',
      bent((rest) => ({ ...rest, adapter: { module: 'a; import os' } })),
    ],
    ['a variable without a name', bent((rest) => ({ ...rest, env: { '': 'x' } }))],
    ['a variable that is a number', bent((rest) => ({ ...rest, env: { A: 1 } }))],
    ['a capability that is none', bent((rest) => ({ ...rest, requires: ['CUDA 12'] }))],
  ])('%s', async (_what, plugin) => {
    expect(await broken(plugin)).toContain('contribute/outcome');
  });

  it.each<[string, unknown]>([
    ['a date', new Date(0)],
    ['a function', () => 1],
    ['a map', new Map()],
    ['no number', Number.NaN],
    ['undefined in a list', [undefined]],
    ['a big integer', 1n],
    ['bytes', new Uint8Array(1)],
  ])('is not plain with %s in it', async (_what, value) => {
    expect(
      await broken(bent((rest) => ({ ...rest, adapter: { module: 'a', settings: { value } } }))),
    ).toContain('contribute/json');
  });

  it('is not plain when it contains itself', async () => {
    const circle: Record<string, unknown> = {};
    circle.self = circle;
    expect(
      await broken(bent((rest) => ({ ...rest, adapter: { module: 'a', settings: circle } }))),
    ).toContain('contribute/json');
  });

  it.each([process.cwd(), process.env.HOME ?? '/root/home'])(
    'has a host path in it: %s',
    async (path) => {
      const plugin = bent((rest) => ({ ...rest, env: { PATH_OF_BUILDER: path } }));
      expect((await broken(plugin)).includes('contribute/host')).toBe(path.length > 5);
    },
  );

  it('has no adapter, or one too many', async () => {
    expect(await broken(bent(({ adapter: _adapter, ...rest }) => rest))).toContain(
      'contribute/adapter',
    );
    expect(await broken(good({}, { kind: 'accelerator' }))).toContain('contribute/adapter');
  });

  it('has other layers than the case says', async () => {
    expect(await broken(good(), [{ name: 'case', layers: ['other'] }])).toContain(
      'contribute/layers',
    );
  });
});

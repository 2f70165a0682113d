import { expect, test } from 'vitest';
import { PLUGIN_API, definePlugin, type FrameworkPlugin } from '@mlcontainer/plugin-kit';
import { checkPlugins } from './check.ts';

function plugin(over: Partial<FrameworkPlugin<never>> = {}): FrameworkPlugin<never> {
  return definePlugin<never>({
    name: 'framework-x',
    kind: 'framework',
    api: PLUGIN_API,
    version: '1.0.0',
    docs: 'https://example.com',
    contribute: () => ({ layers: [] }),
    ...over,
  });
}

test('plugins come in the order of their names, whatever the config says', async () => {
  const checked = await checkPlugins([plugin({ name: 'b' }), plugin({ name: 'a' })]);
  expect(checked.map(({ name }) => name)).toEqual(['a', 'b']);
});

test.each([
  ['a function that was not called', [() => undefined], 'MLC2001'],
  ['plain data', [{ name: 'x' }], 'MLC2001'],
  ['another contract', [plugin({ api: 2 as never })], 'MLC2002'],
  ['twice', [plugin(), plugin()], 'MLC2003'],
  ['another core', [plugin({ compatibility: { core: '>=9' } })], 'MLC2005'],
])('%s is refused', async (_, plugins, code) => {
  await expect(checkPlugins(plugins)).rejects.toMatchObject({ code });
});

test('options are checked by the plugin’s schema, and its defaults are bound', async () => {
  const validate = (value: unknown) =>
    (value as { a?: number }).a === 1
      ? { value: { a: 1, b: 2 } }
      : { issues: [{ message: 'must be 1', path: ['a'] }] };
  const optionsSchema = { '~standard': { version: 1, vendor: 'test', validate } } as never;
  const [good] = await checkPlugins([plugin({ options: { a: 1 } as never, optionsSchema })]);
  expect(good?.options).toEqual({ a: 1, b: 2 });
  const bad = checkPlugins([plugin({ optionsSchema })]);
  await expect(bad).rejects.toMatchObject({
    code: 'MLC2004',
    data: { problems: ['a: must be 1'] },
  });
});

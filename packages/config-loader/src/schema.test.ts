import type { PlatformName, UserConfig } from '@mlcontainer/plugin-kit';
import { describe, expect, expectTypeOf, test } from 'vitest';
import { KEYS } from './hints.ts';
import { configJsonSchema, configSchema, type CheckedConfig } from './schema.ts';

describe('the schema', () => {
  test('has the keys of the type that an editor shows', () => {
    expectTypeOf<keyof CheckedConfig>().toEqualTypeOf<keyof UserConfig>();
    expectTypeOf<NonNullable<CheckedConfig['platforms']>[number]>().toEqualTypeOf<PlatformName>();
    expectTypeOf<CheckedConfig['server']>().toEqualTypeOf<
      { port?: number | undefined; workers?: number | undefined } | undefined
    >();
    expectTypeOf<Omit<CheckedConfig, 'plugins' | 'platforms'>>().toExtend<{
      [Key in keyof Omit<UserConfig, 'plugins' | 'platforms'>]:
        UserConfig[Key] | undefined | object;
    }>();
  });

  test('has the keys that hints suggest', () => {
    expect(KEYS['']).toEqual(Object.keys(configSchema.shape));
    const { properties } = configJsonSchema() as { properties: Record<string, Described> };
    const [, model] = properties['model']?.anyOf ?? [];
    expect(KEYS['model']).toEqual(Object.keys(model?.properties ?? {}));
    expect(KEYS['server']).toEqual(Object.keys(properties['server']?.properties ?? {}));
    const [, step] = properties['run']?.items?.anyOf ?? [];
    expect(KEYS['run.*']).toEqual(Object.keys(step?.properties ?? {}));
    const bases = properties['base']?.oneOf ?? [];
    expect(KEYS['base']).toEqual([
      ...new Set(bases.flatMap((base) => Object.keys(base.properties ?? {}))),
    ]);
  });

  test('has the keys of a registry that hints suggest', () => {
    const { properties } = configJsonSchema() as { properties: Record<string, Described> };
    const registry = properties['registries']?.additionalProperties;
    expect(KEYS['registries.*']).toEqual(Object.keys(registry?.properties ?? {}));
  });

  test('is JSON, and says what is required', () => {
    const schema = configJsonSchema();
    expect(JSON.parse(JSON.stringify(schema))).toEqual(schema);
    expect(schema).toMatchObject({ required: ['model'], additionalProperties: false });
  });

  test.each([
    'repo',
    'a/b',
    'localhost/a',
    'localhost:5000/a/b',
    'registry:5000/a',
    'europe-west1-docker.pkg.dev/project/repo/name',
    'ghcr.io/user/repo__x/a-b.c',
  ])('takes the repository %s', (image) => {
    expect(configSchema.safeParse({ model: 'm', image }).success).toBe(true);
    const base = { kind: 'image', reference: `${image}:v1@sha256:${'0'.repeat(64)}` };
    expect(configSchema.safeParse({ model: 'm', base }).success).toBe(true);
  });

  test.each(['docker.io', 'localhost:5000', '127.0.0.1:5000', '[::1]:5000', 'registry', 'a-b.c'])(
    'takes the registry %s',
    (host) => {
      const registries = { [host]: { plainHttp: true, mirrors: [host, `${host}/a/b`] } };
      expect(configSchema.safeParse({ model: 'm', registries }).success).toBe(true);
    },
  );

  test.each(['https://a', 'a/b', 'A.test', '', 'a:b', 'user@a', '*.a.test', 'a b', 'a:123456'])(
    'refuses the registry %s',
    (host) => {
      expect(configSchema.safeParse({ model: 'm', registries: { [host]: {} } }).success).toBe(
        false,
      );
    },
  );

  test.each(['a:b', 'A/b', 'a//b', '/a', 'a/', 'a@sha256:00', 'https://a/b', 'a b', ''])(
    'refuses the repository %s',
    (image) => {
      expect(configSchema.safeParse({ model: 'm', image }).success).toBe(false);
    },
  );
});

interface Described {
  readonly properties?: object;
  readonly items?: Described;
  readonly additionalProperties?: Described;
  readonly anyOf?: readonly Described[];
  readonly oneOf?: readonly Described[];
}

import { describe, expect, test } from 'vitest';
import type { LockedDeb } from '@mlcontainer/debian';
import { SLOTS, type Plan, type PlannedLayer } from '@mlcontainer/plugin-kit';
import type { LockedWheel } from '@mlcontainer/wheels';
import { imageLayers } from '../src/layers/image-layers.ts';
import { recipeDigest } from '../src/layers/recipe.ts';
import type { Lock } from '../src/lock/types.ts';

const AMD64 = { os: 'linux', architecture: 'amd64' } as const;
const ARM64 = { os: 'linux', architecture: 'arm64' } as const;

const files = (id: string, slot: PlannedLayer['slot'], path: string): PlannedLayer => ({
  id,
  owner: id,
  slot,
  reason: 'x',
  source: {
    kind: 'files',
    files: [{ path, mode: 0o644, sha256: id, size: 1, source: { kind: 'inline', text: 'x' } }],
  },
});

const PLAN = {
  base: { kind: 'debian', suite: 'bookworm', packages: [] },
  platforms: [AMD64, ARM64],
  python: { version: '3.11', executable: '/usr/bin/python3.11', site: '/site', bin: '/bin' },
  options: { bytecode: true, trim: true, compression: 'gzip-members', maxLayers: 40 },
  model: { path: '/m', facts: { sha256: 'm', fileName: 'm' }, compression: 'none' },
  layers: [
    files('app', 'app', '/app.json'),
    files('core/server', 'dependencies', '/server.py'),
    files('cuda', 'accelerator', '/cuda.conf'),
  ],
} as unknown as Plan;

const deb = (name: string, group: LockedDeb['group'], architecture: string): LockedDeb =>
  ({ name, group, version: '1', sha256: `${name}-${architecture}` }) as unknown as LockedDeb;
const wheel = (name: string, sha256: string): LockedWheel =>
  ({ name, sha256, version: '1', size: 1 }) as unknown as LockedWheel;

const debian = (architecture: 'amd64' | 'arm64') => ({
  suite: 'bookworm' as const,
  architecture,
  release: [],
  omitted: [],
  packages: [
    deb('libc6', 'system', architecture),
    deb('python3.11-minimal', 'runtime', architecture),
  ],
});
const LOCK = {
  debian: [debian('amd64'), debian('arm64')],
  tools: [],
  python: [
    { platform: AMD64, packages: [wheel('numpy', 'numpy-amd64'), wheel('pure', 'pure-any')] },
    { platform: ARM64, packages: [wheel('numpy', 'numpy-arm64'), wheel('pure', 'pure-any')] },
  ],
} as unknown as Lock;

const digests = (plan: Plan, platform: typeof AMD64 | typeof ARM64) =>
  new Map(
    imageLayers(plan, LOCK, platform).map((layer) => [layer.title, recipeDigest(layer.recipe)]),
  );
const withOptions = (options: Partial<Plan['options']>): Plan => ({
  ...PLAN,
  options: { ...PLAN.options, ...options },
});

describe('the layers of an image', () => {
  test('stand in the order of their slots, the model last', () => {
    const layers = imageLayers(PLAN, LOCK, AMD64);
    const slots = layers.map((layer) => SLOTS.indexOf(layer.slot));
    expect(slots).toEqual([...slots].sort((a, b) => a - b));
    expect(layers.at(-1)?.slot).toBe('model');
    expect(layers.map((layer) => layer.title)).toContain('files (accelerator)');
  });

  test('that do not depend on the platform are shared', () => {
    const [amd64, arm64] = [digests(PLAN, AMD64), digests(PLAN, ARM64)];
    for (const title of ['pure 1', 'server', 'app', 'm'])
      expect(arm64.get(title)).toBe(amd64.get(title));
    for (const title of ['numpy 1', 'loader cache'])
      expect(arm64.get(title)).not.toBe(amd64.get(title));
  });

  test('a wheel’s recipe knows nothing of the other wheels', () => {
    const alone = {
      ...LOCK,
      python: [{ ...LOCK.python[0]!, packages: [wheel('pure', 'pure-any')] }],
    };
    const [only] = imageLayers(PLAN, alone, AMD64).filter((layer) => layer.title === 'pure 1');
    expect(recipeDigest(only!.recipe)).toBe(digests(PLAN, AMD64).get('pure 1'));
  });

  const COMPILED = ['Debian bookworm Python (1 packages)', 'numpy 1', 'pure 1', 'server'];
  test.each([
    ['trim', { trim: false }, COMPILED],
    ['bytecode', { bytecode: false }, COMPILED],
  ] as const)('change with %s where it matters', (_, options, changed) => {
    const before = digests(PLAN, AMD64);
    const after = digests(withOptions(options), AMD64);
    expect(
      [...after].filter(([title, digest]) => before.get(title) !== digest).map(([title]) => title),
    ).toEqual(changed);
  });

  test('tell columns in the bytecode of the user’s own files alone, unless nothing is trimmed', () => {
    const app = files('user', 'app', '/app/main.py');
    const plan = { ...PLAN, layers: [...PLAN.layers, app] };
    const columns = (trim: boolean) =>
      imageLayers({ ...plan, options: { ...plan.options, trim } }, LOCK, AMD64).flatMap(
        ({ title, recipe }) =>
          'bytecode' in recipe && recipe.bytecode?.debugRanges ? [title] : [],
      );
    expect(columns(true)).toEqual(['app']);
    expect(columns(false)).toEqual([...COMPILED, 'app']);
  });

  test('small wheels join when the budget is short', () => {
    const titles = imageLayers(withOptions({ maxLayers: 8 }), LOCK, AMD64).map(
      (layer) => layer.title,
    );
    expect(titles).toHaveLength(8);
    expect(titles).toContain('2 small wheels');
  });
});

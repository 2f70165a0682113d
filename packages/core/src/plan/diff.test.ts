import { expect, test } from 'vitest';
import type { Plan } from '@mlcontainer/plugin-kit';
import { diffPlans } from './diff.ts';

const plan = (value: unknown): Plan => value as Plan;

test('equal plans do not differ', () => {
  const value = plan({ name: 'a', layers: [{ id: 'x', source: { packages: ['p'] } }] });
  expect(diffPlans(value, structuredClone(value))).toEqual([]);
});

test('an inserted layer is one place of change, not a shift of all', () => {
  const before = plan({ layers: [{ id: 'b', slot: 'app' }] });
  const after = plan({
    layers: [
      { id: 'a', slot: 'app' },
      { id: 'b', slot: 'app' },
    ],
  });
  expect(diffPlans(before, after)).toEqual([
    { path: 'layers.a.id', after: 'a' },
    { path: 'layers.a.slot', after: 'app' },
  ]);
});

test('a changed leaf has both sides', () => {
  expect(
    diffPlans(plan({ python: { version: '3.11' } }), plan({ python: { version: '3.13' } })),
  ).toEqual([{ path: 'python.version', before: '3.11', after: '3.13' }]);
});

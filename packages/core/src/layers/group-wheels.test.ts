import { expect, test } from 'vitest';
import type { LockedWheel } from '@mlcontainer/wheels';
import { groupWheels } from './group-wheels.ts';

const wheel = (name: string, size: number): LockedWheel =>
  ({
    name,
    size,
    version: '1',
    file: `${name}-1-py3-none-any.whl`,
    sha256: name,
  }) as unknown as LockedWheel;
const names = (groups: readonly (readonly LockedWheel[])[]): string[][] =>
  groups.map((group) => group.map(({ name }) => name));

test('one wheel a layer while there is room', () => {
  expect(names(groupWheels([wheel('a', 1), wheel('b', 2)], 2))).toEqual([['a'], ['b']]);
});

test('the smallest share one layer when there is not', () => {
  const wheels = [wheel('a', 5), wheel('b', 1), wheel('c', 9), wheel('d', 1)];
  expect(names(groupWheels(wheels, 3))).toEqual([['b', 'd'], ['a'], ['c']]);
});

test('no wheels need no room', () => {
  expect(groupWheels([], 0)).toEqual([]);
});

test('no room at all is an error', () => {
  expect(() => groupWheels([wheel('a', 1)], 0)).toThrow(
    expect.objectContaining({ code: 'MLC2304' }),
  );
});

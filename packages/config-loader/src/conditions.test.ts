import { expect, test } from 'vitest';
import { userConditions } from './conditions.ts';

test.each([
  [[], '', []],
  [['--conditions=a', '-C', 'b', '--inspect'], '', ['a', 'b']],
  [['--conditions', 'a'], '-C=b --conditions=a', ['b', 'a']],
  [['-C'], '', []],
])('%j and %j', (execArgv, nodeOptions, expected) => {
  expect(userConditions(execArgv, nodeOptions)).toEqual(expected);
});

import { expect, it } from 'vitest';

import { coversScopes, mergeScopes, parseScopes, repositoryScope } from './scope.ts';

it('joins the actions on one resource, in one order', () => {
  expect(
    mergeScopes(['repository:a/b:push,pull', 'registry:catalog:*'], ['repository:a/b:delete,pull']),
  ).toEqual(['registry:catalog:*', 'repository:a/b:delete,pull,push']);
});

it('a name may hold colons', () => {
  expect(mergeScopes(['repository:host:5000/a:pull'])).toEqual(['repository:host:5000/a:pull']);
});

it('knows what reaches how far', () => {
  const push = [repositoryScope('a', 'push')];
  expect(coversScopes(push, [repositoryScope('a', 'pull')])).toBe(true);
  expect(coversScopes([repositoryScope('a', 'pull')], push)).toBe(false);
  expect(coversScopes(push, [repositoryScope('b', 'pull')])).toBe(false);
  expect(coversScopes(push, [])).toBe(true);
});

it('reads the scopes of a challenge', () => {
  expect(parseScopes('repository:a:pull  repository:b:pull,push nonsense')).toEqual([
    'repository:a:pull',
    'repository:b:pull,push',
  ]);
  expect(parseScopes(undefined)).toEqual([]);
});

/** What an action on a repository needs (distribution, token authentication: scope). */
export type Access = 'pull' | 'push' | 'delete';

const ACTIONS: Readonly<Record<Access, string>> = {
  pull: 'pull',
  push: 'pull,push',
  delete: 'delete,pull,push',
};

/** `repository:name:pull,push` */
export function repositoryScope(repository: string, access: Access): string {
  return `repository:${repository}:${ACTIONS[access]}`;
}

/** Scopes with the actions on one resource joined, sorted; the same needs give the same text. */
export function mergeScopes(...lists: readonly (readonly string[])[]): readonly string[] {
  const byResource = new Map<string, Set<string>>();
  for (const scope of lists.flat()) {
    const { resource, actions } = splitScope(scope);
    const known = byResource.get(resource) ?? new Set();
    byResource.set(resource, known);
    for (const action of actions) known.add(action);
  }
  return [...byResource]
    .map(([resource, actions]) => `${resource}:${[...actions].sort().join(',')}`)
    .sort();
}

/** Whether all of `needed` is among `held`. */
export function coversScopes(held: readonly string[], needed: readonly string[]): boolean {
  return mergeScopes(held, needed).join(' ') === mergeScopes(held).join(' ');
}

/** The scopes of a challenge's `scope` parameter, which lists them with blanks between. */
export function parseScopes(value: string | undefined): readonly string[] {
  return (value ?? '').split(/\s+/).filter((scope) => /^[^:]+:.+:[^:]*$/.test(scope));
}

/** `type:name:actions`; a name may hold colons of its own. */
function splitScope(scope: string): { resource: string; actions: readonly string[] } {
  const colon = scope.lastIndexOf(':');
  return {
    resource: scope.slice(0, colon),
    actions: scope
      .slice(colon + 1)
      .split(',')
      .filter((action) => action !== ''),
  };
}

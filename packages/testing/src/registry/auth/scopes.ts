import type { Action } from './settings.ts';
import type { Route } from '../routes.ts';

/** What is done to one repository. */
export interface Scope {
  readonly repository: string;
  readonly actions: readonly Action[];
}

const SCOPE =
  /^repository:(?<repository>[^\s]+):(?<actions>(?:pull|push|delete)(?:,(?:pull|push|delete))*)$/;

/** A scope in its written form (`repository:library/nginx:pull,push`); undefined where it has another. */
export function parseScope(text: string): Scope | undefined {
  const groups = SCOPE.exec(text)?.groups;
  if (groups === undefined) return undefined;
  return {
    repository: groups.repository ?? '',
    actions: (groups.actions ?? '').split(',') as Action[],
  };
}

/** The written form, several divided by spaces. */
export function writeScopes(scopes: readonly Scope[]): string {
  return scopes
    .map(({ repository, actions }) => `repository:${repository}:${actions.join(',')}`)
    .join(' ');
}

/** The scopes that a request needs; none for `/v2/`, which any credential opens. */
export function neededScopes(
  method: string,
  { endpoint, repository }: Route,
  mountedFrom: string | undefined,
): readonly Scope[] {
  if (endpoint === 'base' || endpoint === 'other') return [];
  if (method === 'GET' || method === 'HEAD') {
    const actions: readonly Action[] = endpoint === 'upload' ? ['pull', 'push'] : ['pull'];
    return [{ repository, actions }];
  }
  if (method === 'DELETE' && endpoint !== 'upload') return [{ repository, actions: ['delete'] }];
  const own: Scope = { repository, actions: ['pull', 'push'] };
  return mountedFrom === undefined ? [own] : [own, { repository: mountedFrom, actions: ['pull'] }];
}

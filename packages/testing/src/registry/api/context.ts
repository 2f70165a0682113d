import type { Call, Reply } from '../exchange.ts';
import type { Profile } from '../profiles.ts';
import type { Route } from '../routes.ts';
import type { Repository, State } from '../state.ts';

/** What every endpoint is given. */
export interface Context {
  readonly state: State;
  readonly profile: Profile;
  readonly call: Call;
  readonly route: Route;
  /** The scopes that a request asks for were granted; undefined where nothing is asked of anybody. */
  readonly covers: (repository: string, action: 'pull' | 'push') => boolean;
}

/** One endpoint. */
export type Handler = (context: Context) => Promise<Reply>;

/** The repository of a request; undefined where nothing was pushed to it yet. */
export function repositoryOf({ state, route }: Context): Repository | undefined {
  return state.repositories.get(route.repository);
}

/** A location on this registry, absolute or relative as its profile has it. */
export function locationOf({ profile, call }: Context, path: string): string {
  return profile.absoluteLocations ? call.origin + path : path;
}

/** `Docker-Content-Digest`, where the profile sends it. */
export function digestHeader({ profile }: Context, digest: string): Record<string, string> {
  return profile.digestHeader ? { 'docker-content-digest': digest } : {};
}

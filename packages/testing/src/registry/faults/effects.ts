import type { Tokens } from '../auth/tokens.ts';
import type { Call } from '../exchange.ts';
import type { Route } from '../routes.ts';
import type { State } from '../state.ts';
import { ofKind } from './answers.ts';
import type { Strike } from './matching.ts';

/** What faults do to the registry itself, before it acts. */
export function loseThings(
  strikes: readonly Strike[],
  { repository }: Route,
  state: State,
  tokens: Tokens | undefined,
): void {
  if (ofKind(strikes, 'forget-uploads').length > 0) state.sessions.clear();
  if (ofKind(strikes, 'revoke-tokens').length > 0) tokens?.revokeAll();
  for (const { what } of ofKind(strikes, 'forget-blobs')) {
    const blobs = state.repositories.get(repository)?.blobs;
    if (what.digest === undefined) blobs?.clear();
    else blobs?.delete(what.digest);
  }
}

/** The request without the headers that a fault hides. */
export function overlooked(strikes: readonly Strike[], call: Call): Call {
  const hidden = new Set(
    ofKind(strikes, 'overlook').flatMap(({ what }) =>
      what.headers.map((name) => name.toLowerCase()),
    ),
  );
  if (hidden.size === 0) return call;
  const headers = Object.entries(call.headers).filter(([name]) => !hidden.has(name));
  return { ...call, headers: Object.fromEntries(headers) };
}

import { randomUUID } from 'node:crypto';

import type { Session } from '../state.ts';
import { locationOf, type Context } from './context.ts';

/** A new place for the next request of an upload; it has a critical query parameter, as the specification allows. */
export function sessionHeaders(context: Context, session: Session): Record<string, string> {
  const state = randomUUID();
  session.states.push(state);
  const path = `/v2/${session.repository}/blobs/uploads/${session.id}?_state=${state}`;
  return {
    location: locationOf(context, path),
    range: rangeOf(session),
    'docker-upload-uuid': session.id,
  };
}

/** The bytes held so far; a session without any says `0-0`, as registries do, since the form knows nothing less. */
export function rangeOf({ body }: Session): string {
  return `0-${Math.max(0, body.size - 1)}`;
}

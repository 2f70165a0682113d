import {
  createCredentialStore,
  createRegistryClient,
  parseReference,
  type Repository,
} from '@mlcontainer/oras';
import type { Plan } from '@mlcontainer/plugin-kit';
import type { EngineContext } from '../context.ts';

/** A repository as this machine and the plan say it is reached. */
export function openRepository(
  cx: EngineContext,
  _plan: Plan | undefined,
  repository: string,
): Repository {
  const { env, ports } = cx;
  const client = createRegistryClient({
    ports,
    credentials: createCredentialStore({ env, ports }),
    settings: () => Promise.resolve({ plainHttp: cx.env['MLC_TMP_PLAIN'] !== undefined }),
  });
  return client.repository(parseReference(repository));
}

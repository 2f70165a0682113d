import {
  createCredentialStore,
  createRegistryClient,
  parseReference,
  registrySettings,
  type Repository,
} from '@mlcontainer/oras';
import type { Plan } from '@mlcontainer/plugin-kit';
import type { EngineContext } from '../context.ts';

/** A repository as this machine and the plan say it is reached. */
export function openRepository(cx: EngineContext, plan: Plan, repository: string): Repository {
  const { env, ports } = cx;
  const client = createRegistryClient({
    ports,
    credentials: createCredentialStore({ env, ports }),
    settings: registrySettings({ env }),
  });
  return client.repository(parseReference(repository));
}

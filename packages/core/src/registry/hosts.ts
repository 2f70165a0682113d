import type { RegistryHost } from '@mlcontainer/oras';
import type { Plan } from '@mlcontainer/plugin-kit';
import type { EngineContext } from '../context.ts';
import { explicitOf } from './explicit.ts';

/** A repository that a run uses, what for, and who named it. */
interface UsedRepository {
  readonly reference: string;
  readonly access: 'pull' | 'push';
  readonly purpose: string;
  readonly source: string;
}

/** The hosts that the registries of a plan may lead to: base, push target, and what else a command names. Asks nobody. */
export async function registryHostsOf(
  cx: EngineContext,
  plan: Plan,
  pushTo: string | undefined,
): Promise<readonly RegistryHost[]> {
  const used = repositoriesOf(plan, pushTo);
  if (used.length === 0) return [];
  const { parseReference, registryHosts, registrySettings } = await import('@mlcontainer/oras');
  const { env } = cx;
  const config = plan.registries ?? {};
  const settings = registrySettings({ env, config, root: cx.cwd });
  const explicit = explicitOf(config);
  const lists = used.map(async ({ reference, access, purpose, source }) => {
    const { registry, repository } = parseReference(reference);
    const known = { registry, repository, settings, env, explicit, access };
    const hosts = await registryHosts(known);
    return hosts.map((host) => ({
      ...host,
      purpose: host.purpose.startsWith('image registry') ? purpose : host.purpose,
      source: host.source === 'default' ? source : host.source,
    }));
  });
  return (await Promise.all(lists)).flat();
}

function repositoriesOf({ base, image }: Plan, pushTo: string | undefined): UsedRepository[] {
  const target = pushTo ?? image;
  const source = pushTo === undefined ? 'config: image' : 'command line';
  return [
    ...(base.kind === 'image'
      ? [
          {
            reference: base.reference,
            access: 'pull' as const,
            ...{ purpose: 'base image', source: 'config: base' },
          },
        ]
      : []),
    ...(target === undefined
      ? []
      : [{ reference: target, access: 'push' as const, purpose: 'push of the image', source }]),
  ];
}

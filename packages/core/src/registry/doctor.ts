import type { LoadedConfig } from '@mlcontainer/config-loader';
import type { Check } from '../doctor.ts';
import type { EngineContext } from '../context.ts';
import { explicitOf } from './explicit.ts';

type Config = LoadedConfig['config'];

/** Which credentials this machine has for the registries of a project, and how it reaches them. */
export async function registryChecks(
  cx: EngineContext,
  config: Config,
  root: string,
): Promise<readonly Check[]> {
  const references = referencesOf(config);
  if (references.length === 0) return [];
  const { createCredentialStore, explainRegistry, parseReference, registrySettings } =
    await import('@mlcontainer/oras');
  const { env, ports, signal } = cx;
  const registries = config.registries ?? {};
  const credentials = createCredentialStore({ env, ports, explicit: explicitOf(registries) });
  const settings = registrySettings({ env, config: registries, root });
  const lists = references.map(async (reference) => {
    const { registry, repository } = parseReference(reference);
    return explainRegistry(registry, repository, { credentials, settings, signal });
  });
  return (await Promise.all(lists)).flat().map(({ registry, topic, status, detail, fix }) => ({
    name: `${registry} ${topic}`,
    status,
    detail,
    ...(fix === undefined ? {} : { fix }),
  }));
}

/** One repository of each registry that the config names. */
function referencesOf({ image, base }: Config): string[] {
  const named = [...(image === undefined ? [] : [image])];
  if (base.kind === 'image') named.push(base.reference);
  return [...new Map(named.map((each) => [each.split('/')[0], each])).values()];
}

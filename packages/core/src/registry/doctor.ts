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
  const registries = config.registries ?? {};
  if (references.length === 0 && Object.keys(registries).length === 0) return [];
  const { createCredentialStore, explainRegistry, parseReference, registrySettings } =
    await import('@mlcontainer/oras');
  const { env, ports, signal } = cx;
  const credentials = createCredentialStore({ env, ports, explicit: explicitOf(registries) });
  const settings = registrySettings({ env, config: registries, root });
  const used = references.map((reference) => parseReference(reference));
  const others = Object.keys(registries)
    .filter((host) => used.every(({ registry }) => registry !== host))
    .map((registry) => ({ registry, repository: '' }));
  const lists = [...used, ...others].map(({ registry, repository }) =>
    explainRegistry(registry, repository, { credentials, settings, signal }),
  );
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

import { explainMirrors } from '@mlcontainer/debian';
import type { Plan } from '@mlcontainer/plugin-kit';
import type { PythonSettings } from '@mlcontainer/wheels';
import type { EngineContext } from './context.ts';
import { mirrorsOf } from './inputs/debian.ts';
import { settingsOf } from './inputs/wheels.ts';
import { registryHostsOf } from './registry/hosts.ts';

/** Stands for the index whose name belongs to those tools. */
export const DEFAULT_INDEX = 'the default index of uv and pip';

/** A host that building this plan may contact, what for, and who named it. */
export interface PlanHost {
  /** `host[:port]`, or `the default index of uv and pip`, whose name belongs to those tools. */
  readonly host: string;
  readonly purpose: string;
  readonly source: string;
}

/**
 * The egress list of a plan on this machine: asked of no network. With `pushTo`, the image goes to that repository in
 * place of the plan's. What only answers will tell is a sentence in place of a host.
 */
export async function planHosts(
  cx: EngineContext,
  plan: Plan,
  pushTo?: string,
): Promise<readonly PlanHost[]> {
  const debian = plan.base.kind === 'image' ? [] : await debianHosts(cx, plan);
  const registries = await registryHostsOf(cx, plan, pushTo);
  return unique([
    ...debian,
    ...registries,
    ...pythonHosts(await settingsOf(cx)),
    ...stepHosts(plan),
  ]);
}

/** A step with a declared network asks whom it likes; that must not go unsaid. */
function stepHosts({ layers }: Plan): readonly PlanHost[] {
  return layers.flatMap(({ id, owner, source }) =>
    source.kind === 'run' && source.network === 'declared'
      ? [{ host: 'any', purpose: `the step ${id}`, source: `${owner}: network declared` }]
      : [],
  );
}

async function debianHosts(cx: EngineContext, plan: Plan): Promise<readonly PlanHost[]> {
  const mirrors = await mirrorsOf(cx, plan);
  const debian = explainMirrors(mirrors).map(({ archive, url, source, detail }) => ({
    host: hostOf(url),
    purpose: `Debian packages (${archive})`,
    source: `${source}: ${detail}`,
  }));
  const snapshot =
    mirrors.snapshotService === undefined
      ? []
      : [
          {
            host: hostOf(mirrors.snapshotService),
            purpose: 'Debian packages that the mirror no longer holds',
            source: 'environment: MLCONTAINER_DEBIAN_SNAPSHOT',
          },
        ];
  return [...debian, ...snapshot];
}

function pythonHosts(settings: PythonSettings): readonly PlanHost[] {
  const { defaultIndex, extraIndexes, findLinks, noIndex } = settings;
  const remote = [...(defaultIndex ? [defaultIndex] : []), ...extraIndexes, ...findLinks];
  const named = remote
    .filter(({ value }) => /^https?:/.test(value.url))
    .map(({ value, source }) => ({ host: hostOf(value.url), purpose: 'wheels', source }));
  const fallback = defaultIndex === undefined && !noIndex.value;
  const standard = {
    host: DEFAULT_INDEX,
    purpose: 'wheels',
    source: 'default',
  };
  return fallback ? [...named, standard] : named;
}

function hostOf(url: string): string {
  return URL.canParse(url) ? new URL(url).host || 'this machine' : url;
}

function unique(hosts: readonly PlanHost[]): readonly PlanHost[] {
  const seen = new Set<string>();
  return hosts.filter(({ host, purpose }) => {
    const key = `${host} ${purpose}`;
    return seen.has(key) ? false : seen.add(key);
  });
}

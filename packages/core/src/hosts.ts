import { explainMirrors } from '@mlcontainer/debian';
import type { Plan, PlannedImageBase } from '@mlcontainer/plugin-kit';
import type { PythonSettings } from '@mlcontainer/wheels';
import type { EngineContext } from './context.ts';
import { mirrorsOf } from './inputs/debian.ts';
import { settingsOf } from './inputs/wheels.ts';

/** A host that building this plan may contact, what for, and who named it. */
export interface PlanHost {
  /** `host[:port]`, or `the default index of uv and pip`, whose name belongs to those tools. */
  readonly host: string;
  readonly purpose: string;
  readonly source: string;
}

/** The egress list of a plan on this machine: asked of no network. */
export async function planHosts(cx: EngineContext, plan: Plan): Promise<readonly PlanHost[]> {
  const base =
    plan.base.kind === 'image' ? await baseHosts(plan.base) : await debianHosts(cx, plan);
  return unique([...base, ...pythonHosts(await settingsOf(cx)), ...stepHosts(plan)]);
}

/** A step with a declared network asks whom it likes; that must not go unsaid. */
function stepHosts({ layers }: Plan): readonly PlanHost[] {
  return layers.flatMap(({ id, owner, source }) =>
    source.kind === 'run' && source.network === 'declared'
      ? [{ host: 'any', purpose: `the step ${id}`, source: `${owner}: network declared` }]
      : [],
  );
}

async function baseHosts({ reference }: PlannedImageBase): Promise<readonly PlanHost[]> {
  const { parseReference } = await import('@mlcontainer/oras');
  const { registry } = parseReference(reference);
  return [{ host: registry, purpose: 'base image', source: 'config: base' }];
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
            source: 'default',
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
    host: 'the default index of uv and pip',
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

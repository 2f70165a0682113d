import type { Plan } from '@mlcontainer/plugin-kit';
import { defaultIndex } from '@mlcontainer/wheels';
import type { EngineContext } from './context.ts';
import { DEFAULT_INDEX, planHosts } from './hosts.ts';

/**
 * Closes the network to all but the hosts of a plan, where the user asked for that, and to what these name over https.
 * `more` are registries that the command line names.
 */
export async function restrictToPlan(
  cx: EngineContext,
  plan: Plan,
  more: { readonly pushTo?: string | undefined; readonly places?: readonly string[] } = {},
): Promise<void> {
  if (cx.allowHosts === undefined) return;
  const lines = await planHosts(cx, plan, more.pushTo);
  const known = lines.map(({ host }) => host).filter((host) => !host.includes(' '));
  const index = lines.some(({ host }) => host === DEFAULT_INDEX) ? await indexHost(cx) : [];
  const places = (more.places ?? []).flatMap(
    (place) => /^[^/]+\.[^/]+|^[^/]+:\d+/.exec(place) ?? [],
  );
  cx.allowHosts([...known, ...index, ...places]);
}

/** uv and pip know it; they are asked for their help, not started to work. */
async function indexHost({ ports, signal, env }: EngineContext): Promise<string[]> {
  const url = URL.parse((await defaultIndex({ ports, signal, env })) ?? '');
  return url === null ? [] : [url.host];
}

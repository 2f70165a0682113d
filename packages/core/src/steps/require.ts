import {
  BUILDAH_MINIMUM,
  probeBuildah,
  type BuildahProbe,
  type BuildahWay,
} from '@mlcontainer/buildah-wrapper';
import { mlcError, platformName, type Plan } from '@mlcontainer/plugin-kit';
import type { EngineContext } from '../context.ts';
import { hostPlatform, runsHere } from '../run/architecture.ts';
import { isStep } from './planned.ts';

/** What this machine's buildah can do; asked once where the context remembers it. */
export function buildahOf(cx: EngineContext): Promise<BuildahProbe> {
  return cx.buildah?.() ?? probeBuildah({ ports: cx.ports, env: cx.env, signal: cx.signal });
}

/**
 * Makes sure, before anything is fetched, that the steps of a plan can run on this machine; a plan without steps asks
 * nothing. Throws MLC8501 (no buildah), MLC8502 (it cannot work here), MLC8503 (too old), MLC8507 (foreign platform).
 */
export async function requireBuildah(
  cx: EngineContext,
  { layers, platforms, sdists = [] }: Pick<Plan, 'layers' | 'platforms' | 'sdists'>,
): Promise<void> {
  const steps = [...layers.filter(isStep).map(({ id }) => id), ...sdists];
  if (steps.length === 0) return;
  const foreign = platforms.find((platform) => !runsHere(platform));
  if (foreign !== undefined) {
    const platform = platformName(foreign);
    throw mlcError('MLC8507', { steps, platform, host: hostPlatform() });
  }
  const probe = await buildahOf(cx);
  if (!probe.works) throw refusal(steps, probe);
}

/** How a step runs here. Throws as `requireBuildah` does, for a build that a plan was handed to. */
export async function requireWay(cx: EngineContext, step: string): Promise<BuildahWay> {
  const probe = await buildahOf(cx);
  if (probe.way === undefined) throw refusal([step], probe);
  return probe.way;
}

function refusal(steps: readonly string[], probe: BuildahProbe): Error {
  const { facts, path, version, tooOld = false, remedy = '' } = probe;
  if (path === undefined) {
    const missing = facts.find(({ status }) => status === 'missing');
    const what = missing === undefined ? 'it' : missing.name;
    return mlcError('MLC8501', { steps, missing: `${what} is ${missing?.detail ?? 'missing'}` });
  }
  if (tooOld && version !== undefined)
    return mlcError('MLC8503', { version, path, minimum: BUILDAH_MINIMUM });
  const lines = facts.map(({ name, status, detail }) => `  ${name}: ${detail} (${status})`);
  return mlcError('MLC8502', { steps, facts: lines, remedy });
}

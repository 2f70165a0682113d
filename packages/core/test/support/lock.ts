import type { DebianLock } from '@mlcontainer/debian';
import type { Plan, Platform } from '@mlcontainer/plugin-kit';
import { requestDigests } from '../../src/lock/requests.ts';
import { LOCK_VERSION, type Lock } from '../../src/lock/types.ts';

/** A lock that answers a plan with no package at all: enough to build the layers that need no network. */
export function emptyLock(plan: Plan): Lock {
  return {
    lockVersion: LOCK_VERSION,
    plugins: plan.plugins.map(({ name, version }) => ({ name, version })),
    requests: requestDigests(plan),
    debian: plan.base.kind === 'image' ? [] : plan.platforms.map(emptyDebian),
    tools: [],
    ...(plan.base.kind === 'image' && { bases: plan.base.images }),
    python: plan.platforms.map((platform) => ({ platform, pythonVersion: '3.11', packages: [] })),
    layers: {},
  };
}

function emptyDebian({ architecture }: Platform): DebianLock {
  return { suite: 'bookworm', architecture, release: [], packages: [], omitted: [] };
}

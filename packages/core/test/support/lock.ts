import type { Plan } from '@mlcontainer/plugin-kit';
import { requestDigests } from '../../src/lock/requests.ts';
import { LOCK_VERSION, type Lock } from '../../src/lock/types.ts';

/** A lock that answers a plan with no package at all: enough to build the layers that need no network. */
export function emptyLock(plan: Plan): Lock {
  return {
    lockVersion: LOCK_VERSION,
    plugins: plan.plugins.map(({ name, version }) => ({ name, version })),
    requests: requestDigests(plan),
    debian: plan.platforms.map(({ architecture }) => ({
      suite: 'bookworm',
      architecture,
      release: [],
      packages: [],
      omitted: [],
    })),
    tools: [],
    python: plan.platforms.map((platform) => ({ platform, pythonVersion: '3.11', packages: [] })),
    layers: {},
  };
}

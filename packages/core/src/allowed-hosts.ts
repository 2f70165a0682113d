import type { Env } from './context.ts';

/** What MLCONTAINER_ALLOW_HOSTS says. */
export interface AllowedHosts {
  /** `host`, `host:port`, `*.domain` or an origin; undefined allows all. */
  readonly hosts: readonly string[] | undefined;
  /** Whether the hosts of the plan are allowed besides, as soon as there is one. */
  readonly byPlan: boolean;
}

/** Hosts apart by commas or blanks; the word `plan` stands for those that `plan --hosts` prints. */
export function allowedHosts(env: Env): AllowedHosts {
  const words = (env['MLCONTAINER_ALLOW_HOSTS'] ?? '')
    .split(/[\s,]+/)
    .filter((word) => word !== '');
  if (words.length === 0) return { hosts: undefined, byPlan: false };
  const hosts = words.filter((word) => word !== 'plan');
  return { hosts, byPlan: hosts.length < words.length };
}

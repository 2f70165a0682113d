import type { ClockPort, ExecPort, HttpPort } from '@mlcontainer/plugin-kit';

import type { Credential, SkippedSource } from '../credential.ts';

/** The environment variables that credentials are found by; `HOME` and the XDG folders among them. */
export type Env = Readonly<Record<string, string | undefined>>;

/** What a source is asked for. */
export interface Target {
  /** `host[:port]`, normalised by `registryKey`. */
  readonly registry: string;
  readonly repository: string;
  readonly signal: AbortSignal;
}

/** What a source gave: a credential, or why it gave none. */
export type Looked =
  | {
      readonly credential: Credential;
      readonly source: string;
      readonly expiresAt?: Date;
      /** What the same source tried before. */
      readonly skipped?: readonly SkippedSource[];
    }
  | { readonly skipped: readonly SkippedSource[] };

/** What sources work with. */
export interface Surroundings {
  readonly env: Env;
  readonly ports: {
    readonly http: HttpPort;
    readonly exec: ExecPort;
    readonly clock: ClockPort;
  };
  /** The number of the user that the process runs as, where the system has such. */
  readonly uid: number | undefined;
}

/** One source that gave nothing. */
export function skip(source: string, reason: string): { skipped: readonly SkippedSource[] } {
  return { skipped: [{ source, reason }] };
}

/** The value of a variable; an empty one counts as missing. */
export function variable(env: Env, name: string): string | undefined {
  const value = env[name];
  return value === undefined || value === '' ? undefined : value;
}

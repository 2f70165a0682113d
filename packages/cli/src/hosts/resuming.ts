import type { EngineEvent } from '@mlcontainer/plugin-kit';
import type { CliHost } from './host.ts';

/** A host that counts what it told. */
export interface ResumingHost extends CliHost {
  /** Beginnings and ends of stages so far. */
  toldStages(): number;
}

/**
 * A host for a process that goes on in the place of another, and does again what that one did: what it told the user
 * is not told twice. Counted by stages, since what happens within one may differ the second time.
 */
export function resumingHost(host: CliHost, told: number): ResumingHost {
  let stages = 0;
  return {
    ...host,
    notify: (event) => {
      const isTold = stages < told;
      if (isStage(event)) stages += 1;
      if (!isTold) host.notify(event);
    },
    toldStages: () => stages,
  };
}

function isStage({ code }: EngineEvent): boolean {
  return code === 'stage-start' || code === 'stage-done';
}

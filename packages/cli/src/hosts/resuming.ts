import type { EngineEvent } from '@mlcontainer/plugin-kit';
import type { CliHost } from './host.ts';

/** A host that counts what it told. */
export interface ResumingHost extends CliHost {
  /** Beginnings and ends of stages so far. */
  toldStages(): number;
  /** The kinds of events so far, sorted; without those whose number is a matter of time. */
  kinds(): readonly string[];
}

/**
 * A host for a process that goes on in the place of another, and does again what that one did: what it told the user
 * is not told twice. Counted by stages, since what happens within one may differ the second time.
 */
export function resumingHost(host: CliHost, told: number): ResumingHost {
  let stages = 0;
  const kinds = new Set<string>();
  return {
    ...host,
    notify: (event) => {
      const isTold = stages < told;
      if (!OF_TIME.test(event.code)) kinds.add(kindOf(event));
      if (isStage(event)) stages += 1;
      if (!isTold) host.notify(event);
    },
    toldStages: () => stages,
    kinds: () => [...kinds].sort(),
  };
}

const OF_TIME = /-progress$|^waiting$/;

function kindOf(event: EngineEvent): string {
  if ('stage' in event) return event.stage;
  if ('reused' in event) return event.reused ? `${event.code}-reused` : event.code;
  return 'how' in event ? `${event.code}-${event.how}` : event.code;
}

function isStage({ code }: EngineEvent): boolean {
  return code === 'stage-start' || code === 'stage-done';
}

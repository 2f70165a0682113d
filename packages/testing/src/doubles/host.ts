import type { EngineEvent, Host } from '@mlcontainer/plugin-kit';

/** A host that keeps what it is told. */
export interface RecordingHost extends Host {
  readonly events: readonly EngineEvent[];
  /** The codes of the events, in order. */
  codes(): readonly EngineEvent['code'][];
  /** The events of one code. */
  of<Code extends EngineEvent['code']>(code: Code): readonly Extract<EngineEvent, { code: Code }>[];
}

/** A host for tests: assert on the codes of events, not on their prose. */
export function recordingHost(): RecordingHost {
  const events: EngineEvent[] = [];
  return {
    events,
    notify: (event) => void events.push(event),
    codes: () => events.map(({ code }) => code),
    of: <Code extends EngineEvent['code']>(code: Code) =>
      events.filter((event): event is Extract<EngineEvent, { code: Code }> => event.code === code),
  };
}

import type { EngineEvent } from '@mlcontainer/plugin-kit';
import { expect, test } from 'vitest';
import { resumingHost } from './resuming.ts';

/** What one process tells; `until` ends it there. */
const EVENTS: readonly EngineEvent[] = [
  { code: 'stage-start', stage: 'config' },
  { code: 'stage-done', stage: 'config', ms: 1 },
  { code: 'stage-start', stage: 'plan' },
  { code: 'warning', message: 'a warning' },
  { code: 'stage-done', stage: 'plan', ms: 1 },
  { code: 'stage-start', stage: 'lock' },
  { code: 'stage-done', stage: 'lock', ms: 1 },
];

function told(events: readonly EngineEvent[], before: number) {
  const shown: EngineEvent[] = [];
  const inner = {
    notify: (event: EngineEvent) => void shown.push(event),
    line: () => undefined,
    close: () => undefined,
  };
  const host = resumingHost(inner, before);
  for (const event of events) host.notify(event);
  return { shown, stages: host.toldStages() };
}

test('a process alone tells everything', () => {
  expect(told(EVENTS, 0)).toEqual({ shown: EVENTS, stages: 6 });
});

test.each([5, 6, 7])('two processes tell together what one would: after %i events', (end) => {
  const first = told(EVENTS.slice(0, end), 0);
  const second = told(EVENTS, first.stages);
  expect([...first.shown, ...second.shown]).toEqual(EVENTS);
});

import { stripVTControlCharacters } from 'node:util';
import { STAGES, type EngineEvent } from '@mlcontainer/plugin-kit';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { isShown, LOG_LEVELS } from '../src/hosts/host.ts';
import { jsonHost } from '../src/hosts/json.ts';
import { terminalLine } from '../src/hosts/lines.ts';
import { plainHost } from '../src/hosts/plain.ts';
import { terminalHost } from '../src/hosts/terminal.ts';
import { makeStyle } from '../src/term/style.ts';
import { widthOf } from '../src/term/text.ts';
import { BUILD_EVENTS } from './fake-engine.ts';
import { recorded } from './run.ts';
import { screen } from './screen.ts';

const name = fc.oneof(
  fc.constantFrom('a', 'b', 'c'),
  fc.string({ unit: 'grapheme', maxLength: 80 }),
);
const amount = fc.nat(1e11);
const event: fc.Arbitrary<EngineEvent> = fc.oneof(
  fc.record({ code: fc.constant('stage-start' as const), stage: fc.constantFrom(...STAGES) }),
  fc.record({
    code: fc.constant('stage-done' as const),
    stage: fc.constantFrom(...STAGES),
    ms: amount,
    summary: name,
  }),
  fc.record({ code: fc.constant('input-start' as const), name, size: amount }),
  fc.record({ code: fc.constant('input-progress' as const), name, received: amount }),
  fc.record({ code: fc.constant('input-done' as const), name, size: amount, reused: fc.boolean() }),
  fc.record({ code: fc.constant('layer-start' as const), id: name, slot: name, title: name }),
  fc.record({
    code: fc.constant('layer-done' as const),
    id: name,
    slot: name,
    title: name,
    digest: name,
    size: amount,
    ms: amount,
    reused: fc.boolean(),
  }),
  fc.record({ code: fc.constant('warning' as const), message: name }),
  fc.record({ code: fc.constant('note' as const), message: name }),
  fc.record({ code: fc.constant('waiting' as const), plugin: name, hook: name, ms: amount }),
  fc.record({
    code: fc.constant('container-log' as const),
    stream: fc.constant('stdout' as const),
    line: name,
  }),
);

describe('the terminal host', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  function play(events: readonly EngineEvent[], columns: number, close: boolean): string {
    const output = recorded(true, columns);
    let time = 0;
    const host = terminalHost({
      output,
      style: makeStyle(true),
      level: 'info',
      cwd: '/project',
      now: () => (time += 40),
    });
    for (const one of events) {
      host.notify(one);
      vi.advanceTimersByTime(80);
    }
    if (close) host.close();
    return output.text();
  }

  test('shows what goes on', () => {
    const half = BUILD_EVENTS.findIndex(({ code }) => code === 'input-done');
    const lines = screen(stripColor(play(BUILD_EVENTS.slice(0, half), 100, false)));
    expect(lines.slice(0, 2).map((line) => line.trimEnd())).toEqual([
      '✔ lock        34 Debian packages, 12 wheels 840 ms',
      '  ! warning [target-cloud-run] arm64 is limited on this target',
    ]);
    expect(lines[2]).toMatch(/^[⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏] layers/u);
    expect(lines[3]).toMatch(/↓ numpy-2.4.1.*14\.7 MB of 16\.3 MB/);
  });

  test('leaves the lines of what is done, and nothing else', () => {
    fc.assert(
      fc.property(
        fc.array(event, { maxLength: 40 }),
        fc.integer({ min: 40, max: 140 }),
        (events, columns) => {
          const lines = screen(play(events, columns, true));
          const options = { style: makeStyle(true), cwd: '/project', width: columns - 1 };
          const expected = events
            .filter((one) => isShown(one, 'info'))
            .flatMap((one) => terminalLine(one, options)?.split('\n') ?? []);
          expect(lines.map(stripColor)).toEqual([...expected.map(stripColor), '']);
        },
      ),
    );
  });

  test('never paints a live line that the terminal would wrap', () => {
    fc.assert(
      fc.property(
        fc.array(event, { maxLength: 20 }),
        fc.integer({ min: 40, max: 100 }),
        (events, columns) => {
          const live = events.filter(({ code }) => /start|progress|waiting/.test(code));
          for (const line of screen(play(live, columns, false))) {
            expect(widthOf(line)).toBeLessThan(columns);
          }
        },
      ),
    );
  });

  test('gives the cursor back', () => {
    const output = play(BUILD_EVENTS, 80, true);
    expect(output.lastIndexOf('\u001b[?25h')).toBeGreaterThan(output.lastIndexOf('\u001b[?25l'));
  });

  test('repaints nothing while nothing goes on', () => {
    const output = recorded(true);
    const host = terminalHost({
      output,
      style: makeStyle(false),
      level: 'info',
      cwd: '/',
      now: () => 0,
    });
    host.notify({ code: 'stage-start', stage: 'plan' });
    host.notify({ code: 'stage-done', stage: 'plan', ms: 1 });
    const before = output.text();
    vi.advanceTimersByTime(10_000);
    expect(output.text()).toBe(before);
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe('the plain host', () => {
  test('writes a line for each event of note, without control sequences', () => {
    fc.assert(
      fc.property(fc.array(event), (events) => {
        const output = recorded(false);
        const host = plainHost(output, 'debug', '/project');
        events.forEach((one) => host.notify(one));
        expect(output.text()).not.toMatch(/(?![\n\t])\p{Cc}/u);
      }),
    );
  });

  test.each([
    ['silent', 0],
    ['error', 0],
    ['warn', 1],
  ] as const)('at level %s says only what has to be said', (level, count) => {
    const output = recorded(false);
    const host = plainHost(output, level, '/project');
    BUILD_EVENTS.forEach((one) => host.notify(one));
    expect(output.text().split('\n').length - 1).toBe(count);
  });

  test('says more at every level', () => {
    const sizes = LOG_LEVELS.map(
      (level) => BUILD_EVENTS.filter((one) => isShown(one, level)).length,
    );
    expect(sizes).toEqual([...sizes].sort((a, b) => a - b));
    expect(sizes.at(-1)).toBe(BUILD_EVENTS.length);
  });
});

describe('the JSON host', () => {
  test('writes every event as it came, one a line', () => {
    const output = recorded(false);
    const host = jsonHost(output, 'debug');
    BUILD_EVENTS.forEach((one) => host.notify(one));
    host.line('for people');
    const lines = output.text().trimEnd().split('\n');
    expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual(BUILD_EVENTS);
  });
});

function stripColor(text: string): string {
  return text.replace(/\p{Cc}\[\d+m/gu, '');
}

test('the screen of these tests knows what it does not know', () => {
  expect(() => screen('\u001b[5C')).toThrow(/nobody expects/);
  expect(stripVTControlCharacters(screen('a\nb\u001b[1A\rc').join(','))).toBe('c,b');
});

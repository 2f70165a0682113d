import type { EngineEvent } from '@mlcontainer/plugin-kit';
import type { Output } from '../context.ts';
import { liveArea } from '../term/live-area.ts';
import type { Style } from '../term/style.ts';
import { frame } from './frame.ts';
import { isShown, type CliHost, type LogLevel } from './host.ts';
import { terminalLine } from './lines.ts';
import { advance, NO_PROGRESS } from './progress.ts';

/** Milliseconds between two pictures. */
const REFRESH = 80;

export interface TerminalOptions {
  readonly output: Output;
  readonly style: Style;
  readonly level: LogLevel;
  readonly cwd: string;
  readonly now: () => number;
}

/** Live progress: what is done stays as a line, what goes on is painted below it. */
export function terminalHost(options: TerminalOptions): CliHost {
  const { output, style, level, cwd, now } = options;
  const area = liveArea(output);
  let progress = NO_PROGRESS;
  let pending: string[] = [];
  let timer: NodeJS.Timeout | undefined;
  const width = () => Math.max(40, output.columns) - 1;
  const paint = (): void => {
    area.update(pending, frame(progress, { style, width: width(), now: now() }));
    pending = [];
  };
  const animate = (): void => {
    timer ??= setInterval(paint, REFRESH).unref();
  };
  const rest = (): void => {
    clearInterval(timer);
    timer = undefined;
    paint();
  };
  const line = (text: string): void => {
    pending.push(text);
    if (progress.stages.size === 0) paint();
  };
  const notify = (event: EngineEvent): void => {
    progress = advance(progress, event, now());
    const text = isShown(event, level)
      ? terminalLine(event, { style, cwd, width: width() })
      : undefined;
    if (text !== undefined) line(text);
    if (progress.stages.size > 0) animate();
    else rest();
  };
  const close = (): void => {
    progress = NO_PROGRESS;
    rest();
    area.close();
  };
  return { notify, line, close };
}

import type { Output } from '../context.ts';
import { isShown, type CliHost, type LogLevel } from './host.ts';
import { plainLine } from './lines.ts';

/** One line for each event of note: for CI, files and pipes. */
export function plainHost(output: Output, level: LogLevel, cwd: string): CliHost {
  const line = (text: string) => output.write(`${text}\n`);
  return {
    line,
    notify: (event) => {
      const text = isShown(event, level) ? plainLine(event, cwd) : undefined;
      if (text !== undefined) line(text);
    },
    close: () => undefined,
  };
}

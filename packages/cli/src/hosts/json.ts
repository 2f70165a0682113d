import type { Output } from '../context.ts';
import { isShown, type CliHost, type LogLevel } from './host.ts';

/** Every event as one JSON object a line. Words for people are left out. */
export function jsonHost(output: Output, level: LogLevel): CliHost {
  return {
    line: () => undefined,
    notify: (event) => {
      if (isShown(event, level)) output.write(`${JSON.stringify(event)}\n`);
    },
    close: () => undefined,
  };
}

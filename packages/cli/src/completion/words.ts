import { globalOptions } from '../command/global-options.ts';
import type { AnyCommand, OptionSpec } from '../command/types.ts';

/** What a shell has to know of an option. */
export interface CompletedOption {
  readonly name: string;
  readonly short?: string;
  readonly does: string;
  /** Undefined for a flag; empty where the value is free; a file or folder where the help says so. */
  readonly values?: readonly string[];
  readonly takes?: 'file' | 'folder';
}

/** The options of a command, those of every command last. */
export function optionsOf(command: AnyCommand | undefined): CompletedOption[] {
  const specs = { ...command?.options, ...globalOptions };
  return Object.entries(specs).map(([name, spec]) => completed(name, spec));
}

function completed(name: string, spec: OptionSpec): CompletedOption {
  const { does } = spec;
  const short = spec.short === undefined ? {} : { short: spec.short };
  if (spec.type === 'flag') return { name, does, ...short };
  const takes = fileKind(spec.value);
  return {
    name,
    does,
    ...short,
    values: spec.choices ?? [],
    ...(takes === undefined ? {} : { takes }),
  };
}

function fileKind(value: string): 'file' | 'folder' | undefined {
  if (value === 'folder') return 'folder';
  return value === 'file' || value.endsWith('.json') ? 'file' : undefined;
}

/** The words that a command's argument can be, by its position; a path where it has none. */
export function argumentWords(command: AnyCommand): (readonly string[])[] {
  return command.args.map(({ choices }) => choices ?? []);
}

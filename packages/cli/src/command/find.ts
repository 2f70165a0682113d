import { mlcError, nearest } from '@mlcontainer/plugin-kit';
import type { AnyCommand, OptionSpecs } from './types.ts';

/** A command line split at its command. */
export interface FoundCommand {
  /** Undefined where the line names none. */
  readonly command: AnyCommand | undefined;
  /** Everything but the command's name. */
  readonly rest: readonly string[];
}

/** Finds the command; options of the tool may stand before it. Throws MLC1101 for an unknown one. */
export function findCommand(
  commands: readonly AnyCommand[],
  options: OptionSpecs,
  argv: readonly string[],
): FoundCommand {
  const index = commandIndex(options, argv);
  const name = argv[index];
  if (name === undefined) return { command: undefined, rest: argv };
  const command = commands.find((candidate) => candidate.name === name);
  if (command === undefined) {
    const near = nearest(
      name,
      commands.map((candidate) => candidate.name),
    );
    throw mlcError('MLC1101', { command: name, near: near.map((word) => `\`${word}\``) });
  }
  return { command, rest: argv.toSpliced(index, 1) };
}

function commandIndex(options: OptionSpecs, argv: readonly string[]): number {
  for (let index = 0; index < argv.length; index++) {
    const word = argv[index] ?? '';
    if (!word.startsWith('-')) return index;
    if (word === '--') return -1;
    if (takesNext(options, word)) index++;
  }
  return -1;
}

function takesNext(options: OptionSpecs, word: string): boolean {
  if (word.includes('=')) return false;
  const spec = word.startsWith('--')
    ? options[word.slice(2)]
    : Object.values(options).find(({ short }) => word === `-${short}`);
  return spec !== undefined && spec.type !== 'flag';
}

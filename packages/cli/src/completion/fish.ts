import type { AnyCommand } from '../command/types.ts';
import { argumentWords, optionsOf, type CompletedOption } from './words.ts';

/** A completion script for fish. */
export function fishScript(commands: readonly AnyCommand[]): string {
  const names = commands.map(({ name, summary }) =>
    line('__fish_use_subcommand', `-f -a ${quoted(name)} -d ${quoted(summary)}`),
  );
  return [
    '# fish completion for mlcontainer',
    ...names,
    ...commands.flatMap((command) => [
      ...optionsOf(command).map((option) => line(seen(command), optionWords(option))),
      ...argumentWords(command)
        .filter((choices) => choices.length > 0)
        .map((choices) => line(seen(command), `-f -a ${quoted(choices.join(' '))}`)),
    ]),
  ].join('\n');
}

function seen({ name }: AnyCommand): string {
  return `__fish_seen_subcommand_from ${name}`;
}

function line(condition: string, rest: string): string {
  return `complete -c mlcontainer -n ${quoted(condition)} ${rest}`;
}

function optionWords({ name, short, does, values, takes }: CompletedOption): string {
  const words = [`-l ${name}`, ...(short === undefined ? [] : [`-s ${short}`])];
  if (values !== undefined) words.push('-r');
  if (values !== undefined && values.length > 0) words.push(`-f -a ${quoted(values.join(' '))}`);
  if (takes === 'folder') words.push("-f -a '(__fish_complete_directories)'");
  return [...words, `-d ${quoted(does)}`].join(' ');
}

function quoted(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
}

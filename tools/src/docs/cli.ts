import { COMMANDS } from 'mlcontainer/commands';
import { globalOptions } from 'mlcontainer/options';
import { page, table, type Page } from './page.ts';

/** What the page reads of an option; the command line's own type is richer. */
interface Option {
  readonly type: string;
  readonly short?: string;
  readonly value?: string;
  readonly choices?: readonly string[];
  readonly does: string;
}

type Options = Readonly<Record<string, Option>>;
type Command = (typeof COMMANDS)[number];

const EXIT_CODES = [
  ['0', 'done'],
  ['1', 'failed'],
  ['2', 'wrong usage or config'],
  ['3', 'findings: of inspection, or of doctor'],
  ['75', 'worth retrying'],
  ['130', 'interrupted'],
];

/** Every command, from the table that parsing, help and completion are made of. */
export function cliPage(): Page {
  const intro =
    'Data goes to standard output, everything else to standard error. `mlcontainer help <command>` shows the same in ' +
    'the terminal; an unknown command or option is answered with the near one.';
  return page('cli.md', 'Command line', 'the command table in `packages/cli/src/table/`', [
    intro,
    '## Exit codes',
    table(['code', 'meaning'], EXIT_CODES),
    '## Options of every command',
    optionTable(globalOptions),
    ...COMMANDS.flatMap(section),
  ]);
}

function section(command: Command): string[] {
  const { name, summary, details, args, options, examples } = command;
  const words = args.map((arg) => {
    const word = arg.rest ? `${arg.name}…` : arg.name;
    return arg.required ? `<${word}>` : `[${word}]`;
  });
  const usage = ['mlcontainer', name, ...words].join(' ');
  const own = options as Options;
  return [
    `## ${name}`,
    `${summary}.${details ? ` ${details}` : ''}`,
    code('text', [`${usage}${Object.keys(own).length > 0 ? ' [options]' : ''}`]),
    ...(args.length > 0
      ? [
          table(
            ['argument', 'what it does'],
            args.map((arg) => [`\`${arg.name}\``, arg.does]),
          ),
        ]
      : []),
    ...(Object.keys(own).length > 0 ? [optionTable(own)] : []),
    code(
      'sh',
      examples.flatMap(({ run, does }) => [`# ${does}`, run]),
    ),
  ];
}

function code(language: string, lines: readonly string[]): string {
  return [`\`\`\`${language}`, ...lines, '```'].join('\n');
}

function optionTable(options: Options): string {
  const rows = Object.entries(options).map(([name, { short, value, choices, does }]) => {
    const names = [...(short ? [`-${short}`] : []), `--${name}`].join(', ');
    const allowed = choices
      ? ` One of ${choices.map((choice) => `\`${choice}\``).join(', ')}.`
      : '';
    return [`\`${names}${value ? ` <${value}>` : ''}\``, `${does.replace(/\.?$/, '.')}${allowed}`];
  });
  return table(['option', 'what it does'], rows);
}

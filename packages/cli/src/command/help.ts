import { columns, widthOf, wrap } from '../term/text.ts';
import type { Style } from '../term/style.ts';
import { globalOptions } from './global-options.ts';
import type { AnyCommand, OptionSpec, OptionSpecs } from './types.ts';

/** How wide help is at most; longer lines are hard to read. */
const WIDTH = 100;

/** The help of the whole tool. */
export function toolHelp(commands: readonly AnyCommand[], style: Style, version: string): string {
  const groups = [...new Set(commands.map(({ group }) => group))];
  const nameWidth = Math.max(...commands.map(({ name }) => name.length));
  const listing = groups.map((group) => {
    const rows = commands
      .filter((command) => command.group === group)
      .map(({ name, summary }) => [style.name(name.padEnd(nameWidth)), summary]);
    return `${style.strong(group)}\n${columns(rows, '  ')}`;
  });
  return [
    `${style.strong('mlcontainer')} ${version}: from an exported model to a running inference service`,
    `${style.strong('Usage')}\n  mlcontainer <command> [options]`,
    ...listing,
    `${style.strong('Options of every command')}\n${optionLines(globalOptions, style)}`,
    `${style.strong('Begin')}\n${columns(
      [
        ['mlcontainer init', style.dim('Write a config for the model in this folder')],
        ['mlcontainer build', style.dim('Build the image')],
        ['mlcontainer run', style.dim('Start it')],
      ],
      '  ',
    )}`,
    `\`mlcontainer <command> --help\` shows the options and examples of a command.`,
  ].join('\n\n');
}

/** The help of one command. */
export function commandHelp(command: AnyCommand, style: Style, width = WIDTH): string {
  const { name, summary, details, args, examples } = command;
  const options = command.options;
  const words = args.map(({ required, rest, name: word }) => {
    const shown = rest === true ? `${word}…` : word;
    return required === true ? `<${shown}>` : `[${shown}]`;
  });
  const usage = ['mlcontainer', name, ...words, '[options]'].join(' ');
  const section = (title: string, body: string) =>
    body === '' ? [] : [`${style.strong(title)}\n${body}`];
  return [
    `${style.strong(`mlcontainer ${name}`)}: ${summary}`,
    ...(details === undefined ? [] : [wrap(details, Math.min(width, WIDTH))]),
    ...section('Usage', `  ${usage}`),
    ...section(
      'Arguments',
      columns(
        args.map((arg) => [style.name(`<${arg.name}>`), arg.does]),
        '  ',
      ),
    ),
    ...section('Options', optionLines(options, style)),
    ...section('Options of every command', optionLines(globalOptions, style)),
    ...section('Examples', exampleLines(examples, style)),
  ].join('\n\n');
}

function optionLines(options: OptionSpecs, style: Style): string {
  const rows = Object.entries(options).map(([name, spec]) => [
    style.name(optionWords(name, spec)),
    spec.does + choicesText(spec),
  ]);
  return columns(rows, '  ');
}

function optionWords(name: string, spec: OptionSpec): string {
  const short = spec.short === undefined ? '   ' : `-${spec.short},`;
  const long = spec === globalOptions.color ? '--[no-]color' : `--${name}`;
  return `${short} ${long}${spec.type === 'flag' ? '' : ` <${spec.value}>`}`;
}

function choicesText(spec: OptionSpec): string {
  if (spec.type === 'flag' || spec.choices === undefined) return '';
  const unknown = spec.choices.filter((choice) => !spec.does.includes(choice));
  return unknown.length === 0 ? '' : ` (${spec.choices.join(', ')})`;
}

function exampleLines(examples: AnyCommand['examples'], style: Style): string {
  const widest = Math.max(...examples.map(({ run }) => widthOf(run)));
  if (widest > 56) {
    return examples.map(({ run, does }) => `  ${style.dim(`# ${does}`)}\n  ${run}`).join('\n');
  }
  return columns(
    examples.map(({ run, does }) => [run, style.dim(does)]),
    '  ',
  );
}

import type { AnyCommand } from '../command/types.ts';
import { optionsOf, type CompletedOption } from './words.ts';

/** A completion function for zsh, to be stored as `_mlcontainer` in a folder of `fpath`. */
export function zshScript(commands: readonly AnyCommand[]): string {
  const list = commands
    .map(({ name, summary }) => `    ${quoted(`${name}:${summary}`)}`)
    .join('\n');
  return `#compdef mlcontainer
_mlcontainer() {
  local -a commands=(
${list}
  )
  local context state line
  _arguments -C \\
    '1:command:->command' \\
    '*::argument:->argument'
  case $state in
    command) _describe command commands ;;
    argument)
      case $line[1] in
${commands.map(commandCase).join('\n')}
      esac ;;
  esac
}
_mlcontainer "$@"`;
}

function commandCase(command: AnyCommand): string {
  const options = optionsOf(command).flatMap(optionLines);
  const args = command.args.map(({ name, choices, rest }, index) => {
    const action = choices === undefined ? '_files' : `(${choices.join(' ')})`;
    const position = rest === true ? '*' : `${index + 1}:`;
    return `          ${quoted(`${position}:${name}:${action}`)}`;
  });
  return `        ${command.name}) _arguments \\\n${[...options, ...args].join(' \\\n')} ;;`;
}

function optionLines({ name, short, does, values, takes }: CompletedOption): string[] {
  const label = does.replace(/[[\]:\\]/g, '\\$&');
  const value = values === undefined ? '' : `:value:${valueAction(values, takes)}`;
  const line = (option: string) => `          ${quoted(`${option}[${label}]${value}`)}`;
  return [line(`--${name}`), ...(short === undefined ? [] : [line(`-${short}`)])];
}

function valueAction(values: readonly string[], takes: CompletedOption['takes']): string {
  if (values.length > 0) return `(${values.join(' ')})`;
  return takes === 'folder' ? '_files -/' : '_files';
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

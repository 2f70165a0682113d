import type { AnyCommand } from '../command/types.ts';
import { argumentWords, optionsOf, type CompletedOption } from './words.ts';

/** A completion script for bash 4.4 and later, without bash-completion. */
export function bashScript(commands: readonly AnyCommand[]): string {
  const names = commands.map(({ name }) => name).join(' ');
  return `# bash completion for mlcontainer
_mlcontainer() {
  local current="\${COMP_WORDS[COMP_CWORD]}" previous="\${COMP_WORDS[COMP_CWORD-1]}" command="" position=0 index
  COMPREPLY=()
  for ((index = 1; index < COMP_CWORD; index++)); do
    case "\${COMP_WORDS[index]}" in
      -*) ;;
      *) if [[ -z $command ]]; then command="\${COMP_WORDS[index]}"; else ((position++)); fi ;;
    esac
  done
  case "$command" in
${commands.map(commandCase).join('\n')}
    *) _mlcontainer_reply "${words(undefined)} ${names}" ;;
  esac
}
_mlcontainer_reply() { mapfile -t COMPREPLY < <(compgen -W "$1" -- "\${COMP_WORDS[COMP_CWORD]}"); }
_mlcontainer_files() { mapfile -t COMPREPLY < <(compgen "$1" -- "\${COMP_WORDS[COMP_CWORD]}"); }
complete -o filenames -F _mlcontainer mlcontainer`;
}

function commandCase(command: AnyCommand): string {
  const values = optionsOf(command).flatMap((option) => valueCase(option));
  const positions = argumentWords(command).flatMap((choices, index) =>
    choices.length === 0 ? [] : [`        ${index}) _mlcontainer_reply "${choices.join(' ')}" ;;`],
  );
  return [
    `    ${command.name})`,
    '      case "$previous" in',
    ...values,
    '      esac',
    `      if [[ $current == -* ]]; then _mlcontainer_reply "${words(command)}"; return; fi`,
    '      case "$position" in',
    ...positions,
    '        *) _mlcontainer_files -f ;;',
    '      esac ;;',
  ].join('\n');
}

function valueCase({ name, short, values, takes }: CompletedOption): string[] {
  if (values === undefined) return [];
  const pattern = short === undefined ? `--${name}` : `--${name}|-${short}`;
  const reply =
    values.length > 0
      ? `_mlcontainer_reply "${values.join(' ')}"`
      : `_mlcontainer_files ${takes === 'folder' ? '-d' : '-f'}`;
  return [`        ${pattern}) ${reply}; return ;;`];
}

function words(command: AnyCommand | undefined): string {
  return optionsOf(command)
    .map(({ name }) => `--${name}`)
    .join(' ');
}

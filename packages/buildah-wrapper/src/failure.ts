import { mlcError, type MlcError } from '@mlcontainer/plugin-kit';

/** A command that did not end well, with what it printed. */
export interface FailedStep {
  readonly name: string;
  readonly command: readonly string[];
  readonly exit: number;
  readonly lines: readonly string[];
  readonly network: 'none' | 'declared';
}

/** What programs say when there is no network: errno texts of libc and Go, resolvers, curl, pip, apt. */
const NO_NETWORK =
  /network is unreachable|network unreachable|temporary failure in name resolution|temporary failure resolving|name or service not known|could not resolve|couldn't resolve|cannot assign requested address|no route to host|getaddrinfo|EAI_AGAIN|ENETUNREACH/i;

/** Lines of buildah itself after a command that failed. */
const ITS_OWN =
  /^(?:subprocess exited with status \d+|Error: (?:exit status \d+|while running runtime: .*)|level=error.*|error: error building: .*)$/i;

const SHOWN = 20;

/** The command itself could not be started. */
const NO_PROGRAM =
  /process failed to start with error: .*(?:executable file not found|no such file)/;

/** The error of a failed command; one that looks for the network in a hermetic step is told so. */
export function stepError({ name, command, exit: code, lines, network }: FailedStep): MlcError {
  const exit = lines.some((line) => NO_PROGRAM.test(line)) ? 127 : code;
  const own = lines.filter((line) => !ITS_OWN.test(line.trim()));
  const shown = (own.length > 0 ? own : lines).slice(-SHOWN);
  const data = { step: name, command: commandText(command), exit, lines: shown };
  const refused = network === 'none' && own.some((line) => NO_NETWORK.test(line));
  return refused ? mlcError('MLC8505', data) : mlcError('MLC8504', data);
}

/** A command as people write it. */
export function commandText(command: readonly string[]): string {
  const [shell, flag, script, ...rest] = command;
  if (shell === '/bin/sh' && /^-e?c$/.test(flag ?? '') && script !== undefined && rest.length === 0)
    return script;
  return command.join(' ');
}

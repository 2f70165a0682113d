import { findCommand } from './command/find.ts';
import { globalOptions } from './command/global-options.ts';
import { commandHelp, toolHelp } from './command/help.ts';
import { parseLine, type OptionValue, type ParsedLine } from './command/parse.ts';
import type { AnyCommand } from './command/types.ts';
import type { CliIo } from './context.ts';
import { coded, errorDocument } from './errors/coded.ts';
import { renderError } from './errors/render.ts';
import { interruptedCode } from './interrupt.ts';
import { loadCommand } from './loaders.ts';
import { globalValues, openSession, styleFor, type GlobalValues } from './session.ts';
import { COMMANDS } from './table/commands.ts';
import { VERSION } from './version.ts';

/** Runs one command line to its end and gives the exit code (design.md, section 9). It never throws. */
export async function runCli(io: CliIo): Promise<number> {
  let values = globalValues(io, earlyOptions(io.argv));
  try {
    const { command, rest } = findCommand(COMMANDS, globalOptions, io.argv);
    if (command === undefined) return withoutCommand(io, values);
    const line = parseLine(command, rest);
    values = globalValues(io, line.options);
    if (line.options['help'] === true) return showHelp(io, command, values);
    return await runCommand(io, command, line, values);
  } catch (error) {
    return report(io, values, error);
  }
}

/** What of the options can be read before the line is known to be right, for the report that it is not. */
function earlyOptions(argv: readonly string[]): Readonly<Record<string, OptionValue>> {
  const has = (option: string) => argv.includes(option);
  const color = has('--no-color') ? false : has('--color') ? true : undefined;
  return { json: has('--json'), debug: has('--debug'), color };
}

function withoutCommand(io: CliIo, values: GlobalValues): number {
  const [first] = io.argv;
  if (first === '--version' || first === '-v' || first === '-V') {
    io.stdout.write(`${VERSION}\n`);
    return 0;
  }
  const asked = io.argv.includes('--help') || io.argv.includes('-h');
  if (!asked && io.argv.length > 0) parseLine(NO_COMMAND, io.argv);
  const output = asked || io.argv.length === 0 ? io.stdout : io.stderr;
  output.write(`${toolHelp(COMMANDS, styleFor(io, values, output.isTTY), VERSION)}\n`);
  return asked || io.argv.length === 0 ? 0 : 2;
}

/** Stands for the tool itself, whose own options are checked like those of a command. */
const NO_COMMAND: AnyCommand = {
  name: '<command>',
  group: 'Tool',
  summary: '',
  args: [],
  options: {},
  examples: [],
};

function showHelp(io: CliIo, command: AnyCommand, values: GlobalValues): number {
  const style = styleFor(io, values, io.stdout.isTTY);
  io.stdout.write(`${commandHelp(command, style, io.stdout.columns)}\n`);
  return 0;
}

async function runCommand(
  io: CliIo,
  command: AnyCommand,
  line: ParsedLine,
  values: GlobalValues,
): Promise<number> {
  const { context, host } = openSession(io, values);
  const stopping = () => context.say('Stopping; press Ctrl-C again to stop at once.');
  io.signal.addEventListener('abort', stopping, { once: true });
  try {
    const run = await loadCommand(command.name);
    return await run({ ...context, options: line.options, args: line.args });
  } finally {
    io.signal.removeEventListener('abort', stopping);
    host.close();
    io.onDone?.([command.name, ...host.kinds()].join(' '));
  }
}

function report(io: CliIo, values: GlobalValues, failure: unknown): number {
  if (io.signal.aborted) return reportInterrupt(io, values);
  const error = coded(failure);
  if (values.level === 'silent') return error.exitCode;
  const { debug, json, cwd } = values;
  const style = styleFor(io, values, io.stderr.isTTY);
  const width = Math.min(io.stderr.columns, 100);
  const text = json
    ? JSON.stringify(errorDocument(error, debug))
    : `\n${renderError(error, { style, cwd, width, debug })}`;
  io.stderr.write(`${text}\n`);
  return error.exitCode;
}

function reportInterrupt(io: CliIo, { json, level }: GlobalValues): number {
  const exitCode = interruptedCode(io.signal);
  const text = json
    ? JSON.stringify({ schemaVersion: 1, interrupted: true, exitCode })
    : 'Interrupted; nothing half-written was kept.';
  if (level !== 'silent') io.stderr.write(`${text}\n`);
  return exitCode;
}

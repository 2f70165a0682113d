import { resolve } from 'node:path';
import type { CliContext, CliIo } from './context.ts';
import type { CliHost, LogLevel } from './hosts/host.ts';
import { jsonHost } from './hosts/json.ts';
import { plainHost } from './hosts/plain.ts';
import { resumingHost, type ResumingHost } from './hosts/resuming.ts';
import { terminalHost } from './hosts/terminal.ts';
import type { OptionValue } from './command/parse.ts';
import { makeStyle, wantsColor } from './term/style.ts';

/** The options of every command, as they were given. */
export interface GlobalValues {
  readonly json: boolean;
  readonly quiet: boolean;
  readonly debug: boolean;
  readonly color: boolean | undefined;
  readonly level: LogLevel;
  readonly cwd: string;
}

/** Reads the options of every command out of a parsed line. */
export function globalValues(
  io: CliIo,
  options: Readonly<Record<string, OptionValue>>,
): GlobalValues {
  const json = options['json'] === true;
  const quiet = options['quiet'] === true;
  const given = options['log-level'] as LogLevel | undefined;
  return {
    json,
    quiet,
    debug: options['debug'] === true,
    color: options['color'] as boolean | undefined,
    level: given ?? (quiet ? 'warn' : json ? 'debug' : 'info'),
    cwd: resolve(io.cwd, (options['cwd'] as string | undefined) ?? '.'),
  };
}

/** What commands are given, and the host that has to be closed after them. */
export interface Session {
  readonly context: CliContext;
  readonly host: ResumingHost;
}

/** Opens the way to the user: live on a terminal, plain lines elsewhere, JSON where asked. */
export function openSession(io: CliIo, values: GlobalValues): Session {
  const host = resumingHost(chooseHost(io, values), io.toldStages ?? 0);
  const { cwd, level } = values;
  const isSilent = level === 'silent' || level === 'error' || level === 'warn';
  const context: CliContext = {
    io,
    cwd,
    host,
    becomeLean: () => {
      if (io.becomeLean === undefined || io.signal.aborted) return;
      host.close();
      io.becomeLean(host.toldStages());
    },
    signal: io.signal,
    style: styleFor(io, values, io.stderr.isTTY),
    outStyle: styleFor(io, values, io.stdout.isTTY),
    say: (line) => {
      if (!isSilent) host.line(line);
    },
    print: (text) => io.stdout.write(text.endsWith('\n') ? text : `${text}\n`),
  };
  return { context, host };
}

export function styleFor(io: CliIo, { color }: Pick<GlobalValues, 'color'>, isTTY: boolean) {
  return makeStyle(wantsColor({ option: color, env: io.env, isTTY }));
}

function chooseHost(io: CliIo, values: GlobalValues): CliHost {
  const { level, cwd } = values;
  if (values.json) return jsonHost(io.stderr, level);
  if (!isLive(io)) return plainHost(io.stderr, level, cwd);
  const style = styleFor(io, values, true);
  return terminalHost({ output: io.stderr, style, level, cwd, now: io.now });
}

/** A terminal that a person looks at: CI systems have terminals too, and nobody there wants to be repainted. */
export function isLive({ stderr, env }: Pick<CliIo, 'stderr' | 'env'>): boolean {
  return stderr.isTTY && !isCi(env) && env['TERM'] !== 'dumb';
}

export function isCi(env: CliIo['env']): boolean {
  return Boolean(env['CI']) && env['CI'] !== 'false';
}

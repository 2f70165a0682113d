import { findCommand } from '../command/find.ts';
import { globalOptions } from '../command/global-options.ts';
import { commandHelp, toolHelp } from '../command/help.ts';
import type { AnyCommand, CommandRun } from '../command/types.ts';
import { COMMANDS } from '../table/commands.ts';
import type { helpCommand } from '../table/tool.ts';
import { VERSION } from '../version.ts';
import { json } from './json.ts';

export const run: CommandRun<(typeof helpCommand)['options']> = (call) => {
  const { args, print, outStyle, io, options } = call;
  const { command } = findCommand(COMMANDS, {}, args);
  if (options.json) print(helpDocument(command === undefined ? COMMANDS : [command]));
  else if (command === undefined) print(toolHelp(COMMANDS, outStyle, VERSION));
  else print(commandHelp(command, outStyle, io.stdout.columns));
  return Promise.resolve(0);
};

/** The commands as data, for documentation and for programs that call the tool. */
function helpDocument(commands: readonly AnyCommand[]): string {
  return json({ version: VERSION, commands, options: globalOptions });
}

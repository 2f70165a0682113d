import { findCommand } from '../command/find.ts';
import { commandHelp, toolHelp } from '../command/help.ts';
import type { CommandRun } from '../command/types.ts';
import { COMMANDS } from '../table/commands.ts';
import type { helpCommand } from '../table/tool.ts';
import { VERSION } from '../version.ts';

export const run: CommandRun<(typeof helpCommand)['options']> = ({ args, print, outStyle, io }) => {
  const { command } = findCommand(COMMANDS, {}, args);
  const text =
    command === undefined
      ? toolHelp(COMMANDS, outStyle, VERSION)
      : commandHelp(command, outStyle, io.stdout.columns);
  print(text);
  return Promise.resolve(0);
};

import { bashScript } from '../completion/bash.ts';
import { fishScript } from '../completion/fish.ts';
import { zshScript } from '../completion/zsh.ts';
import type { CommandRun } from '../command/types.ts';
import { COMMANDS } from '../table/commands.ts';
import type { completionCommand } from '../table/tool.ts';

const SCRIPTS = { bash: bashScript, zsh: zshScript, fish: fishScript };

export const run: CommandRun<(typeof completionCommand)['options']> = ({ args, print }) => {
  print(SCRIPTS[args[0] as keyof typeof SCRIPTS](COMMANDS));
  return Promise.resolve(0);
};

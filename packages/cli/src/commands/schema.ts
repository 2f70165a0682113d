import type { CommandRun } from '../command/types.ts';
import type { schemaCommand } from '../table/tool.ts';

export const run: CommandRun<(typeof schemaCommand)['options']> = async ({ io, print }) => {
  const { configJsonSchema } = await io.loadEngine();
  print(JSON.stringify(configJsonSchema(), null, 2));
  return 0;
};

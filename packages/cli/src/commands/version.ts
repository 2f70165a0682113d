import type { CommandRun } from '../command/types.ts';
import type { versionCommand } from '../table/tool.ts';
import { VERSION } from '../version.ts';
import { json } from './json.ts';

export const run: CommandRun<(typeof versionCommand)['options']> = (call) => {
  const { platform, arch, versions } = process;
  const document = { version: VERSION, node: versions.node, platform: `${platform}/${arch}` };
  call.print(call.options.json ? json(document) : VERSION);
  return Promise.resolve(0);
};

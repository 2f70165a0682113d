import { delimiter, dirname } from 'node:path';
import { capture, type Captured, type RunOptions } from '@mlcontainer/tools';
import type { World } from './world.ts';

/** How the command line is started in a test. */
export interface CliOptions extends RunOptions {
  /** The Node that runs it; the test's own when left out. */
  readonly node?: string;
  /** A program and its arguments to start it through: `['taskset', '-c', '0']`. */
  readonly through?: readonly string[];
}

/** Runs the installed `mlcontainer` and gives what it printed, whatever its exit code. */
export async function mlcontainer(
  world: World,
  args: readonly string[],
  options: CliOptions,
): Promise<Captured> {
  const { node = process.execPath, through = [], env, ...rest } = options;
  const [command = world.bin, ...before] = [...through, world.bin];
  const path = [dirname(node), process.env['PATH'] ?? ''].join(delimiter);
  return await capture(command, [...before, ...args], {
    ...rest,
    env: { PATH: path, MLCONTAINER_CACHE_DIR: world.store, CI: 'true', NO_COLOR: '1', ...env },
  });
}

/** Like {@link mlcontainer}, for a run that must succeed; gives its standard output. */
export async function mlcontainerOk(
  world: World,
  args: readonly string[],
  options: CliOptions,
): Promise<string> {
  const result = await mlcontainer(world, args, options);
  if (result.code !== 0)
    throw new Error(
      `mlcontainer ${args.join(' ')} ended with ${result.code}\n${result.stdout}\n${result.stderr}`,
    );
  return result.stdout;
}

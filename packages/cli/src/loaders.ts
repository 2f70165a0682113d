import type { OptionValue } from './command/parse.ts';
import type { CommandRun, CommandSpec } from './command/types.ts';
import type { CliContext } from './context.ts';
import type * as artifact from './table/artifact.ts';
import type * as build from './table/build.ts';
import type * as tool from './table/tool.ts';
import type * as understand from './table/understand.ts';

type Commands = typeof artifact & typeof build & typeof tool & typeof understand;
type CommandsByName = { [Key in keyof Commands as Commands[Key]['name']]: Commands[Key] };
type LoaderOf<Command> =
  Command extends CommandSpec<infer Specs>
    ? () => Promise<{ readonly run: CommandRun<Specs> }>
    : never;

/** The code of each command, loaded when it is run and no sooner; that every command has one is checked by its type. */
const LOADERS: { readonly [Name in keyof CommandsByName]: LoaderOf<CommandsByName[Name]> } = {
  artifact: () => import('./commands/artifact.ts'),
  build: () => import('./commands/build.ts'),
  cache: () => import('./commands/cache.ts'),
  completion: () => import('./commands/completion.ts'),
  doctor: () => import('./commands/doctor.ts'),
  emit: () => import('./commands/emit.ts'),
  explain: () => import('./commands/explain.ts'),
  help: () => import('./commands/help.ts'),
  init: () => import('./commands/init.ts'),
  inspect: () => import('./commands/inspect.ts'),
  lock: () => import('./commands/lock.ts'),
  plan: () => import('./commands/plan.ts'),
  plugins: () => import('./commands/plugins.ts'),
  push: () => import('./commands/push.ts'),
  run: () => import('./commands/run.ts'),
  schema: () => import('./commands/schema.ts'),
  vendor: () => import('./commands/vendor.ts'),
  version: () => import('./commands/version.ts'),
};

/** What a command is run with, before the types of its own options are known. */
export interface UntypedCall extends CliContext {
  readonly options: Readonly<Record<string, OptionValue>>;
  readonly args: readonly string[];
}

/** The code of a command of the table. The parser made its options after its own specs, so they have their types. */
export async function loadCommand(name: string): Promise<(call: UntypedCall) => Promise<number>> {
  const { run } = await LOADERS[name as keyof CommandsByName]();
  return run as unknown as (call: UntypedCall) => Promise<number>;
}

import type { CliContext } from '../context.ts';
import type { globalOptions } from './global-options.ts';

/** An option that is there or not; `--no-x` says that it is not. */
export interface FlagOption {
  readonly type: 'flag';
  readonly short?: string;
  readonly does: string;
}

/** An option with one value. */
export interface TextOption {
  readonly type: 'text';
  readonly short?: string;
  /** What stands for the value in the help: `file`. */
  readonly value: string;
  readonly choices?: readonly string[];
  readonly does: string;
}

/** An option with values: given several times, or separated by commas. */
export interface ListOption extends Omit<TextOption, 'type'> {
  readonly type: 'list';
}

export type OptionSpec = FlagOption | TextOption | ListOption;
export type OptionSpecs = Readonly<Record<string, OptionSpec>>;

/** A word after the command. */
export interface ArgumentSpec {
  readonly name: string;
  readonly required?: boolean;
  readonly choices?: readonly string[];
  /** The last one: any number of words from here on. */
  readonly rest?: boolean;
  readonly does: string;
}

type ChoiceOf<Spec> = Spec extends { readonly choices: readonly (infer Choice)[] }
  ? Choice
  : string;

/** The values of options, by their names. */
export type ValuesOf<Specs extends OptionSpecs> = {
  readonly [Name in keyof Specs]: Specs[Name] extends FlagOption
    ? boolean
    : Specs[Name] extends ListOption
      ? readonly ChoiceOf<Specs[Name]>[]
      : ChoiceOf<Specs[Name]> | undefined;
};

/** What a command is run with. */
export interface Invocation<Specs extends OptionSpecs> extends CliContext {
  readonly options: ValuesOf<Specs> & ValuesOf<typeof globalOptions>;
  readonly args: readonly string[];
}

/** Gives the exit code. */
export type CommandRun<Specs extends OptionSpecs> = (call: Invocation<Specs>) => Promise<number>;

/** A command as data: help, completion, parsing and documentation are made from it. */
export interface CommandSpec<
  Specs extends OptionSpecs = OptionSpecs,
  Name extends string = string,
> {
  readonly name: Name;
  readonly group: 'Start' | 'Build' | 'Understand' | 'Deploy' | 'Tool';
  /** One line without a full stop. */
  readonly summary: string;
  /** More, where the summary is not enough. */
  readonly details?: string;
  readonly args: readonly ArgumentSpec[];
  readonly options: Specs;
  readonly examples: readonly { readonly run: string; readonly does: string }[];
}

/** Any command of the table. */
export type AnyCommand = CommandSpec;

/** Keeps the types of a command's options. */
export function defineCommand<const Specs extends OptionSpecs, const Name extends string>(
  command: CommandSpec<Specs, Name>,
): CommandSpec<Specs, Name> {
  return command;
}

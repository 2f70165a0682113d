import { parseArgs } from 'node:util';
import { mlcError, nearest } from '@mlcontainer/plugin-kit';
import { globalOptions } from './global-options.ts';
import type { AnyCommand, ArgumentSpec, OptionSpec, OptionSpecs } from './types.ts';

export type OptionValue = boolean | string | readonly string[] | undefined;

/** A command line after parsing. */
export interface ParsedLine {
  readonly options: Readonly<Record<string, OptionValue>>;
  readonly args: readonly string[];
}

type Token = NonNullable<ReturnType<typeof tokensOf>>[number];
type OptionToken = Extract<Token, { kind: 'option' }>;

/**
 * Reads the words after a command. Throws MLC1102 (unknown option), MLC1103 (bad value), MLC1104 and MLC1105
 * (too few, too many arguments), each with the near one where there is one.
 */
export function parseLine(command: AnyCommand, argv: readonly string[]): ParsedLine {
  const specs: OptionSpecs = { ...globalOptions, ...command.options };
  const tokens = tokensOf(argv, specs);
  const options = Object.fromEntries(
    Object.keys(specs).map((name) => [name, emptyOf(specs[name])]),
  );
  for (const token of tokens) {
    if (token.kind === 'option') apply(command, specs, options, token);
  }
  const args = tokens.filter((token) => token.kind === 'positional').map(({ value }) => value);
  if (options['help'] !== true) checkArguments(command, args);
  return { options, args };
}

function tokensOf(argv: readonly string[], specs: OptionSpecs) {
  const config = Object.entries(specs).map(([name, spec]) => [
    name,
    {
      type: spec.type === 'flag' ? 'boolean' : 'string',
      ...(spec.short === undefined ? {} : { short: spec.short }),
    } as const,
  ]);
  return parseArgs({
    args: [...argv],
    options: Object.fromEntries(config) as Record<string, { type: 'boolean' | 'string' }>,
    strict: false,
    allowPositionals: true,
    tokens: true,
  }).tokens;
}

/** `color` alone has three states: asked for, refused, not mentioned. */
function emptyOf(spec: OptionSpec | undefined): OptionValue {
  if (spec?.type === 'list') return [];
  return spec?.type === 'flag' && spec !== globalOptions.color ? false : undefined;
}

function apply(
  command: AnyCommand,
  specs: OptionSpecs,
  options: Record<string, OptionValue>,
  token: OptionToken,
): void {
  const refused = token.name.startsWith('no-') ? specs[token.name.slice(3)] : undefined;
  if (refused?.type === 'flag' && token.value === undefined) {
    options[token.name.slice(3)] = false;
    return;
  }
  const spec = Object.hasOwn(specs, token.name) ? specs[token.name] : undefined;
  if (spec === undefined) throw unknownOption(command, specs, token.rawName);
  options[token.name] = valueOf(spec, token, options[token.name]);
}

function unknownOption(command: AnyCommand, specs: OptionSpecs, option: string): Error {
  const names = Object.keys(specs).flatMap((name) =>
    specs[name]?.type === 'flag' ? [`--${name}`, `--no-${name}`] : [`--${name}`],
  );
  const near = option.startsWith('--') ? nearest(option, names) : [];
  return mlcError('MLC1102', { command: command.name, option, near });
}

function valueOf(spec: OptionSpec, token: OptionToken, before: OptionValue): OptionValue {
  const option = token.rawName;
  if (spec.type === 'flag') {
    if (token.value === undefined) return true;
    throw mlcError('MLC1103', { option, value: token.value, expected: 'no value' });
  }
  const value = token.value ?? '';
  const isNext = value.startsWith('-') && value !== '-' && !token.inlineValue;
  if (value === '' || isNext) {
    throw mlcError('MLC1103', { option, value, expected: `a value: <${spec.value}>` });
  }
  const values = spec.type === 'list' ? value.split(',') : [value];
  for (const one of values) checkChoice(option, one, spec.choices);
  return spec.type === 'list' ? [...(before as readonly string[]), ...values] : value;
}

function checkChoice(option: string, value: string, choices: readonly string[] | undefined): void {
  if (choices === undefined || choices.includes(value)) return;
  const expected = choices.join(', ');
  const near = nearest(value, choices);
  throw mlcError('MLC1103', { option, value, expected: `one of ${expected}`, near });
}

function checkArguments(command: AnyCommand, args: readonly string[]): void {
  const { name, args: specs } = command;
  const missing = specs.find((spec, index) => spec.required === true && args[index] === undefined);
  if (missing) throw mlcError('MLC1104', { command: name, what: `<${missing.name}>` });
  const extra = args[specs.length];
  if (extra !== undefined && specs.at(-1)?.rest !== true) {
    const what =
      specs.length === 0 ? 'it takes no arguments' : `${JSON.stringify(extra)} is too much`;
    throw mlcError('MLC1105', { command: name, what });
  }
  specs.forEach((spec, index) => checkArgument(spec, args[index]));
}

function checkArgument({ name, choices }: ArgumentSpec, value: string | undefined): void {
  if (value !== undefined) checkChoice(`<${name}>`, value, choices);
}

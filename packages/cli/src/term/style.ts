import { styleText } from 'node:util';

type Format = Parameters<typeof styleText>[0];

/** The few ways in which text stands out. */
export interface Style {
  readonly strong: (text: string) => string;
  readonly dim: (text: string) => string;
  readonly good: (text: string) => string;
  readonly warn: (text: string) => string;
  readonly bad: (text: string) => string;
  readonly name: (text: string) => string;
}

/** A style with colours or without. */
export function makeStyle(colored: boolean): Style {
  const as = (format: Format) => (text: string) =>
    colored ? styleText(format, text, { validateStream: false }) : text;
  return {
    strong: as('bold'),
    dim: as('dim'),
    good: as('green'),
    warn: as('yellow'),
    bad: as('red'),
    name: as('cyan'),
  };
}

/** What decides on colours. */
export interface ColorWish {
  /** `--color`, `--no-color`. */
  readonly option: boolean | undefined;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly isTTY: boolean;
}

/** The option, then NO_COLOR (any value but the empty, no-color.org) and FORCE_COLOR, then whether a terminal shows it. */
export function wantsColor({ option, env, isTTY }: ColorWish): boolean {
  if (option !== undefined) return option;
  if (env['NO_COLOR']) return false;
  if (env['FORCE_COLOR'] !== undefined) return env['FORCE_COLOR'] !== '0';
  return isTTY && env['TERM'] !== 'dumb';
}

import type { ConfigProblem, MlcError } from '@mlcontainer/plugin-kit';
import { shown } from '../hosts/lines.ts';
import type { Style } from '../term/style.ts';
import { printable, wrap } from '../term/text.ts';
import { stacksOf } from './coded.ts';

export interface RenderOptions {
  readonly style: Style;
  /** Paths are shown relative to it. */
  readonly cwd: string;
  readonly width: number;
  /** With stacks and causes. */
  readonly debug: boolean;
}

/** A failure for a person: what happened, where, why, what to do, and where to read on. */
export function renderError(error: MlcError, options: RenderOptions): string {
  const { style, debug } = options;
  const { code, title, origin } = error;
  const by = origin === undefined ? '' : style.dim(`  in ${origin.plugin} (${origin.hook})`);
  return [
    `${style.bad('✖')} ${style.bad(style.strong(title))} ${style.dim(code)}${by}`,
    '',
    ...whatHappened(error, options),
    '',
    labelled('why', error.why, options),
    labelled('fix', error.fix, options),
    `  ${style.dim('see')}  ${error.docs}`,
    ...(debug ? ['', ...stacksOf(error).flatMap(stackLines)] : []),
  ].join('\n');
}

function whatHappened(error: MlcError, options: RenderOptions): string[] {
  const { problems } = error.data;
  if (error.code === 'MLC1009' && Array.isArray(problems)) {
    return problems.flatMap((problem) => problemLines(problem as ConfigProblem, options));
  }
  const [first = '', ...rest] = withShortPaths(error.message, options).split('\n');
  const indented = rest.map((line) => `  ${printable(line)}`);
  return [wrap(printable(first), options.width, '  '), ...indented];
}

/** Absolute paths below the user's folder are written relative to it. */
function withShortPaths(message: string, { cwd }: RenderOptions): string {
  return cwd === '/' ? message : message.replaceAll(`${cwd}/`, '');
}

function problemLines(problem: ConfigProblem, { style, cwd }: RenderOptions): string[] {
  const { line, column, path, expected, got, hint } = problem;
  const place = line === undefined ? '' : `:${line}:${column ?? 1}`;
  const what = `${style.strong(path === '' ? 'the config' : path)}: expected ${printable(expected)}, got ${printable(got)}`;
  return [
    `  ${style.name(shown(problem.file, cwd) + place)}`,
    `    ${what}`,
    ...(hint === undefined ? [] : [`    ${style.good(printable(hint))}`]),
  ];
}

function labelled(label: string, text: string, { style, width }: RenderOptions): string {
  const [first = '', ...rest] = wrap(printable(text), width - 7).split('\n');
  return [`  ${style.dim(label)}  ${first}`, ...rest.map((line) => `       ${line}`)].join('\n');
}

function stackLines(stack: string, index: number): string[] {
  const lines = stack.split('\n').map((line) => `  ${printable(line)}`);
  return index === 0 ? lines : ['  caused by', ...lines];
}

import { entry } from './entry.ts';

/** One thing that is wrong in the user's config. */
export interface ConfigProblem {
  /** `platforms[1]`; empty for the config as a whole. */
  readonly path: string;
  readonly expected: string;
  /** What stands there, in a few words; values that may be secret are left out. */
  readonly got: string;
  /** What to write instead, where that can be guessed. */
  readonly hint?: string;
  /** Where it stands: an absolute path; line and column count from 1. */
  readonly file: string;
  readonly line?: number;
  readonly column?: number;
}

function place(d: { file: string; line?: number; column?: number }): string {
  return d.line === undefined ? d.file : `${d.file}:${d.line}:${d.column ?? 1}`;
}

function counted(count: number): string {
  return count === 1 ? '1 problem' : `${count} problems`;
}

function near(candidates: readonly string[]): string {
  return candidates.length > 0 ? `Did you mean ${candidates.join(' or ')}? ` : '';
}

/** MLC10xx: the config. */
const fileErrors = {
  MLC1001: entry<{ cwd: string; stopDir: string; near?: string }>({
    title: 'No config',
    message: (d) =>
      `No mlcontainer.config.{ts,mts,cts,js,mjs,cjs} in ${d.cwd} or above it, up to ${d.stopDir}.`,
    why: 'A build needs to know its model; the config names it.',
    fix: (d) =>
      `${d.near ? `There is ${d.near}; is it the config under another name? ` : ''}Run \`mlcontainer init\` to write one, or name the file with --config.`,
    exit: 2,
  }),
  MLC1002: entry<{ file: string; detail: string }>({
    title: 'Config not readable',
    message: (d) => `Cannot read the config ${d.file}: ${d.detail}.`,
    why: 'The file is missing, is no file, or may not be read by this user.',
    fix: 'Check the path and its permissions.',
    exit: 2,
  }),
  MLC1003: entry<{ file: string; extension: string }>({
    title: 'Not a config file',
    message: (d) =>
      `${d.file} cannot be a config: ${d.extension || 'no extension'} is not one of .ts .mts .cts .js .mjs .cjs.`,
    why: 'A config is a TypeScript or JavaScript module.',
    fix: 'Rename the file to mlcontainer.config.ts and export the config as default.',
    exit: 2,
  }),
  MLC1004: entry<{ folder: string; files: readonly string[] }>({
    title: 'Several configs',
    message: (d) => `${d.folder} holds ${d.files.join(', ')}.`,
    why: 'Which one counts would be a guess.',
    fix: 'Keep one of them, or name one with --config.',
    exit: 2,
  }),
  MLC1005: entry<{ file: string; line?: number; column?: number; detail: string }>({
    title: 'Config does not parse',
    message: (d) => `${place(d)}: ${d.detail}`,
    why: 'The file is not valid TypeScript or JavaScript.',
    fix: 'Correct the syntax at that line.',
    exit: 2,
  }),
  MLC1006: entry<{
    file: string;
    line?: number;
    column?: number;
    specifier: string;
    detail: string;
  }>({
    title: 'Import not found',
    message: (d) =>
      `${place(d)}: cannot resolve ${JSON.stringify(d.specifier)}${d.detail ? ` (${d.detail})` : ''}.`,
    why: (d) =>
      d.specifier.startsWith('.')
        ? 'No such file stands beside the one that imports it.'
        : 'The package is not installed where the config stands, or does not export that path. The paths of a tsconfig are not read.',
    fix: (d) =>
      d.specifier.startsWith('.')
        ? 'Check the path of the import.'
        : `Install it: npm install --save-dev ${packageOf(d.specifier)}`,
    exit: 2,
  }),
  MLC1007: entry<{ file: string; line?: number; column?: number; detail: string }>({
    title: 'Config threw',
    message: (d) => `${place(d)}: ${d.detail}`,
    why: 'The code of the config, or of a module it imports, ended with an error while it was loaded.',
    fix: 'Correct the code at that line; --debug shows the whole stack.',
    exit: 2,
  }),
  MLC1008: entry<{ file: string; got: string }>({
    title: 'No config exported',
    message: (d) => `${d.file} exports ${d.got} as default, not a config.`,
    why: 'The default export is the config: an object, a promise of one, or a function that gives one.',
    fix: "Write `export default defineConfig({ model: 'model.joblib' })`.",
    exit: 2,
  }),
  MLC1009: entry<{ file: string; problems: readonly ConfigProblem[] }>({
    title: 'Config not valid',
    message: (d) =>
      `${d.file}: ${counted(d.problems.length)}${d.problems.map(problemText).join('')}`,
    why: 'Every key and value is checked before anything is built, so that a typing error cannot be ignored in silence.',
    fix: 'Correct the places named; `mlcontainer schema` prints what is allowed.',
    exit: 2,
  }),
  MLC1010: entry<{ file: string; line?: number; column?: number; detail: string }>({
    title: 'Plugin in TypeScript',
    message: (d) => `${place(d)}: ${d.detail}`,
    why: 'Node strips no types below node_modules: a plugin has to ship JavaScript.',
    fix: 'Build the plugin before it is published, or import its source by a relative path.',
    exit: 2,
  }),
};

/** MLC11xx: the command line. */
const usageErrors = {
  MLC1101: entry<{ command: string; near: readonly string[] }>({
    title: 'Unknown command',
    message: (d) => `There is no command ${JSON.stringify(d.command)}.`,
    why: 'Only the commands that `mlcontainer --help` lists exist.',
    fix: (d) => `${near(d.near)}Run \`mlcontainer --help\`.`,
    exit: 2,
  }),
  MLC1102: entry<{ command: string; option: string; near: readonly string[] }>({
    title: 'Unknown option',
    message: (d) => `\`mlcontainer ${d.command}\` has no option ${d.option}.`,
    why: 'An option that is ignored would be worse than an error.',
    fix: (d) => `${near(d.near)}Run \`mlcontainer ${d.command} --help\`.`,
    exit: 2,
  }),
  MLC1103: entry<{ option: string; value: string; expected: string; near?: readonly string[] }>({
    title: 'Bad value',
    message: (d) => `${d.option} does not take ${JSON.stringify(d.value)}; expected ${d.expected}.`,
    why: 'The value is outside of what the option knows.',
    fix: (d) => `${near(d.near ?? [])}Give ${d.expected}.`,
    exit: 2,
  }),
  MLC1104: entry<{ command: string; what: string }>({
    title: 'Argument missing',
    message: (d) => `\`mlcontainer ${d.command}\` needs ${d.what}.`,
    why: 'The command cannot guess it.',
    fix: (d) => `Run \`mlcontainer ${d.command} --help\` for examples.`,
    exit: 2,
  }),
  MLC1105: entry<{ command: string; what: string }>({
    title: 'Too much on the command line',
    message: (d) => `\`mlcontainer ${d.command}\`: ${d.what}.`,
    why: 'An argument that is ignored would be worse than an error.',
    fix: (d) => `Run \`mlcontainer ${d.command} --help\` for examples.`,
    exit: 2,
  }),
  MLC1106: entry<{ path: string; detail: string }>({
    title: 'File not readable',
    message: (d) => `Cannot read ${d.path}: ${d.detail}.`,
    why: 'The file named on the command line is missing, broken, or may not be read.',
    fix: 'Check the path.',
    exit: 2,
  }),
  MLC1110: entry<{ path: string }>({
    title: 'File exists',
    message: (d) => `${d.path} exists already.`,
    why: '`init` writes new files and never overwrites yours.',
    fix: 'Edit it, or pass --force to replace it.',
    exit: 2,
  }),
  MLC1111: entry<{ folder: string; formats: string }>({
    title: 'No model found',
    message: (d) => `No exported model in ${d.folder} or two folders below it.`,
    why: (d) => `Files that may be models end in ${d.formats}.`,
    fix: 'Name it: `mlcontainer init path/to/model.joblib`.',
    exit: 2,
  }),
  MLC1112: entry<{ folder: string; found: readonly string[] }>({
    title: 'Several models found',
    message: (d) =>
      `${d.folder} holds ${d.found.length} files that may be the model: ${d.found.join(', ')}.`,
    why: 'Which one to serve is for you to say.',
    fix: (d) => `Name it: \`mlcontainer init ${d.found[0] ?? 'model.joblib'}\`.`,
    exit: 2,
  }),
  MLC1120: entry<{ engine: string; exit: number }>({
    title: 'Container ended',
    message: (d) => `The container ended by itself with exit code ${d.exit} (${d.engine}).`,
    why: 'A server runs until it is stopped; this one gave up.',
    fix: 'Its last lines are above; `--engine` tries another engine.',
  }),
  MLC1199: entry<{ detail: string }>({
    title: 'Unexpected failure',
    message: (d) => d.detail,
    why: 'This is an error without a code, so most likely a fault of mlcontainer itself.',
    fix: 'Run again with --debug and report what it prints.',
  }),
};

function problemText(problem: ConfigProblem): string {
  const where = problem.path === '' ? 'the config' : problem.path;
  return `\n  - ${where}: expected ${problem.expected}, got ${problem.got}`;
}

function packageOf(specifier: string): string {
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
}

/** MLC1xxx: the config and the command line. */
export const configErrors = { ...fileErrors, ...usageErrors };

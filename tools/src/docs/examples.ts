import { glob, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import ts from 'typescript';
import { ROOT } from '../task.ts';

/** A block of TypeScript in a Markdown file. */
export interface Example {
  /** Relative to the repository. */
  readonly file: string;
  /** Of the block's first line, from 1. */
  readonly line: number;
  readonly code: string;
}

/** The TypeScript of what people read: READMEs and guides. The reference is generated and is checked as such. */
export async function documentedExamples(): Promise<readonly Example[]> {
  const examples: Example[] = [];
  const places = ['*.md', 'docs/{adr,guide}/*.md', '{packages,plugins}/*/README.md'];
  for await (const file of glob(places, { cwd: ROOT }))
    examples.push(...examplesOf(file, await readFile(join(ROOT, file), 'utf8')));
  return examples.toSorted((a, b) =>
    a.file < b.file ? -1 : a.file > b.file ? 1 : a.line - b.line,
  );
}

const BLOCK = /^```(?:ts|typescript)\b[^\n]*\n(.*?)^```/gms;

/** The blocks of one file. */
export function examplesOf(file: string, text: string): readonly Example[] {
  return [...text.matchAll(BLOCK)].map(({ index, 1: code = '' }) => {
    return { file, line: text.slice(0, index).split('\n').length + 1, code };
  });
}

/** What TypeScript says against examples, as `file:line message`; names that an example takes as given are let pass. */
export function faultsOf(examples: readonly Example[]): readonly string[] {
  const modules = new Map(examples.map((example, at) => [join(FOLDER, `${at}.ts`), example]));
  const host = ts.createCompilerHost(OPTIONS);
  const { getSourceFile, fileExists, readFile: read } = host;
  const text = (path: string) =>
    modules.has(path) ? moduleText(modules.get(path)!.code) : undefined;
  host.fileExists = (path) => modules.has(path) || fileExists(path);
  host.readFile = (path) => text(path) ?? read(path);
  host.getSourceFile = (path, language, ...more) => {
    const own = text(path);
    return own === undefined
      ? getSourceFile(path, language, ...more)
      : ts.createSourceFile(path, own, language);
  };
  const program = ts.createProgram([...modules.keys()], OPTIONS, host);
  return [...modules].flatMap(([path, example]) => {
    const source = program.getSourceFile(path);
    return ts
      .getPreEmitDiagnostics(program, source)
      .filter((found) => !isGiven(found))
      .map((found) => faultText(example, found));
  });
}

/** Where the examples would lie: the workspace's packages are found from there, and nothing else is beside them. */
const FOLDER = join(ROOT, 'tools', 'documented', 'examples');

const OPTIONS = optionsOf(join(ROOT, 'configs', 'tsconfig', 'check.json'));

function optionsOf(path: string): ts.CompilerOptions {
  const { config } = ts.readConfigFile(path, ts.sys.readFile) as { readonly config: object };
  const { options } = ts.parseJsonConfigFileContent(
    { ...config, files: [] },
    ts.sys,
    ROOT,
    {},
    path,
  );
  return { ...options, noUnusedLocals: false, noUnusedParameters: false };
}

/** An example is a module, or some properties of a config. */
function moduleText(code: string): string {
  return /^(?:import|export|const|await) /m.test(code)
    ? `${code}\nexport {};\n`
    : `const part: Partial<import('mlcontainer').UserConfig> = { ${code} };\nexport {};\n`;
}

/** Cannot find name, no value in scope for the shorthand property. */
const UNDECLARED = [2304, 2552, 18004];
const NO_MODULE = 2307;

/** What the text around the example provides: values, and the reader's own modules. */
function isGiven({ code, messageText }: ts.Diagnostic): boolean {
  const text = ts.flattenDiagnosticMessageText(messageText, ' ');
  return UNDECLARED.includes(code) || (code === NO_MODULE && /module '\.\.?\//.test(text));
}

function faultText(
  { file, line }: Example,
  { file: source, start = 0, messageText }: ts.Diagnostic,
) {
  const at = line + (source?.getLineAndCharacterOfPosition(start).line ?? 0);
  return `${file}:${at} ${ts.flattenDiagnosticMessageText(messageText, ' ')}`;
}

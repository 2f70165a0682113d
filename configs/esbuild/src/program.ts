import { readFile, rm } from 'node:fs/promises';
import { isBuiltin } from 'node:module';
import { join, resolve, sep } from 'node:path';
import { build, type BuildOptions, type Metafile, type Plugin } from 'esbuild';
import { builtinsPlugin } from './builtins.ts';
import { writeNotices } from './notices.ts';

/** A program of this workspace, bundled for Node. */
export interface ProgramOptions {
  /** The package's folder, absolute; its package.json names what may stay outside. */
  readonly folder: string;
  /** Name in `dist` → source, relative to the folder: the program, and each worker that it starts. */
  readonly entries: Readonly<Record<string, string>>;
  /**
   * Those of the entries that are CommonJS, `name.cjs`: what stays outside of them is loaded when it is needed, where
   * ESM loads all of it before the first line runs.
   */
  readonly commonjs?: readonly string[];
  /** The packages that go into the bundle; those of others bring their licences along. */
  readonly inlined: readonly string[];
  /** Files of those packages, by the ends of their paths, that are loaded there and never used. */
  readonly leftOut?: readonly string[];
  /** For a package, the texts of CommonJS modules that stand in for modules of Node. */
  readonly standIns?: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

/**
 * Bundles a program into one file for each entry in `dist`: each file more takes half a millisecond to find, and what
 * is imported lazily stays a function that is called when it is needed. An entry that another one imports stays a file
 * of its own.
 *
 * A worker keeps working because every file lands in the same folder: `new URL('./name.js', import.meta.url)` in
 * a bundled source finds the entry `name`. A worker that is no entry, and an import that package.json does not
 * name, are errors here rather than for a user.
 */
export async function bundleProgram(options: ProgramOptions): Promise<void> {
  const { folder, entries, commonjs = [], leftOut = [] } = options;
  const outside = new Set<string>();
  // Files of an older bundle would be shipped on.
  await rm(join(folder, 'dist'), { recursive: true, force: true });
  const of = (isCommon: boolean): Record<string, string> =>
    Object.fromEntries(
      Object.entries(entries).filter(([name]) => commonjs.includes(name) === isCommon),
    );
  const results = [
    await build({ ...common(options, outside), ...ESM, entryPoints: of(false) }),
    await build({ ...common(options, outside), ...COMMONJS, entryPoints: of(true) }),
  ];
  const metafiles = results.map(({ metafile }) => metafile);
  const problems = [
    ...notLeftOut(leftOut, metafiles),
    ...(await undeclared(folder, outside)),
    ...(await missingWorkers(folder, metafiles, Object.keys(entries))),
    ...(await writeNotices(folder, metafiles)),
  ];
  if (problems.length > 0) await fail(folder, problems);
}

function common(options: ProgramOptions, outside: Set<string>) {
  const { folder, inlined, leftOut = [], standIns = {} } = options;
  return {
    absWorkingDir: folder,
    outdir: join(folder, 'dist'),
    bundle: true,
    platform: 'node',
    target: 'node22.18',
    conditions: ['@mlcontainer/source'],
    legalComments: 'none',
    // What is loaded is read, decoded and hashed each time. Names stay, and lines, for whoever reads a stack.
    minifyWhitespace: true,
    minifySyntax: true,
    lineLimit: 120,
    // A source of one byte a character takes half the memory of one with a single dash in it.
    charset: 'ascii',
    metafile: true,
    logLevel: 'warning',
    plugins: [
      standInsPlugin(standIns),
      builtinsPlugin(),
      entriesPlugin(options),
      leftOutPlugin(leftOut),
      outsidePlugin(inlined, outside),
    ],
  } as const satisfies BuildOptions;
}

/**
 * CommonJS that goes into the bundle asks for Node's own modules so, which ESM has no word for. An old Node has no
 * such function; it gets as far as being told so.
 */
const REQUIRE =
  "const require=process.getBuiltinModule?.('node:module').createRequire(import.meta.url);";

const ESM = { format: 'esm', banner: { js: REQUIRE } } as const;

const URL_NAME = '__mlcontainer_url';

/** CommonJS has no word for the address of a file. */
const COMMONJS = {
  format: 'cjs',
  outExtension: { '.js': '.cjs' },
  // Code that runs from a cache (node:vm) has no `import()` without a warning; what is outside is required.
  supported: { 'dynamic-import': false },
  define: { 'import.meta.url': URL_NAME },
  banner: { js: `const ${URL_NAME}=require('node:url').pathToFileURL(__filename).href;` },
} as const;

const ENTRY = 'mlcontainer-entry';

/** An import of another entry stays one; of CommonJS by `require`, since an import first looks for its exports. */
function entriesPlugin({ folder, entries, commonjs = [] }: ProgramOptions): Plugin {
  const places = new Map(Object.entries(entries).map(([name, at]) => [resolve(folder, at), name]));
  return {
    name: ENTRY,
    setup({ onResolve, onLoad }) {
      onResolve({ filter: /^\./ }, ({ path, kind, namespace, resolveDir }) => {
        if (namespace === ENTRY) return { path, external: true };
        const name = kind === 'entry-point' ? undefined : places.get(resolve(resolveDir, path));
        if (name === undefined) return undefined;
        if (!commonjs.includes(name)) return { path: `./${name}.js`, external: true };
        return { path: `./${name}.cjs`, namespace: ENTRY };
      });
      onLoad({ filter: /.*/, namespace: ENTRY }, ({ path }) => ({
        contents: `module.exports = require(${JSON.stringify(path)});`,
      }));
    },
  };
}

/** What is left out is an empty module. */
function leftOutPlugin(ends: readonly string[]): Plugin {
  return {
    name: 'mlcontainer-left-out',
    setup({ onLoad }) {
      onLoad({ filter: /[/\\]node_modules[/\\]/ }, ({ path }) =>
        ends.some((end) => isAt(path, end)) ? { contents: '' } : undefined,
      );
    },
  };
}

const STAND_IN = 'mlcontainer-standin';

function standInsPlugin(all: NonNullable<ProgramOptions['standIns']>): Plugin {
  const textOf = (importer: string, module: string): string | undefined =>
    Object.entries(all).find(([name]) =>
      posixPath(importer).includes(`/node_modules/${name}/`),
    )?.[1][module];
  return {
    name: STAND_IN,
    setup({ onResolve, onLoad }) {
      onResolve({ filter: /^node:/ }, ({ path, importer }) => {
        const contents = textOf(importer, path);
        return contents === undefined
          ? undefined
          : { path, namespace: STAND_IN, pluginData: contents };
      });
      onLoad({ filter: /.*/, namespace: STAND_IN }, ({ pluginData }) => ({
        contents: String(pluginData),
      }));
    },
  };
}

function posixPath(path: string): string {
  return path.split(sep).join('/');
}

function isAt(path: string, end: string): boolean {
  return `/${posixPath(path)}`.endsWith(`/node_modules/${end}`);
}

function notLeftOut(ends: readonly string[], metafiles: readonly Metafile[]): string[] {
  const inputs = metafiles.flatMap(({ inputs: each }) => Object.keys(each));
  return ends
    .filter((end) => !inputs.some((path) => isAt(path, end)))
    .map((end) => `${end} is to be left out, and is not there`);
}

/** Packages stay outside unless they are to be inlined. */
function outsidePlugin(inlined: readonly string[], outside: Set<string>): Plugin {
  return {
    name: 'mlcontainer-outside',
    setup({ onResolve }) {
      onResolve({ filter: /^[^./]/ }, ({ path, kind }) => {
        if (kind === 'entry-point' || inlined.includes(packageOf(path))) return undefined;
        if (!isBuiltin(path)) outside.add(packageOf(path));
        return { path, external: true };
      });
    },
  };
}

function packageOf(specifier: string): string {
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
}

async function undeclared(folder: string, outside: ReadonlySet<string>): Promise<string[]> {
  const manifest = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8')) as {
    readonly dependencies?: Readonly<Record<string, string>>;
  };
  const declared = Object.keys(manifest.dependencies ?? {});
  return [...outside]
    .filter((name) => !declared.includes(name))
    .map((name) => `${name} is imported by the bundle, but no dependency in package.json`);
}

const WORKER = /new Worker\(\s*new URL\(\s*[`'"]\.\/(?<name>[\w-]+)\./g;

async function missingWorkers(
  folder: string,
  metafiles: readonly Metafile[],
  entries: readonly string[],
): Promise<string[]> {
  const inputs = new Set(metafiles.flatMap(({ inputs: each }) => Object.keys(each)));
  const files = [...inputs].filter((path) => !/^mlcontainer-\w+:/.test(path));
  const sources = files.map(async (path) => {
    const text = await readFile(resolve(folder, path), 'utf8');
    return [...text.matchAll(WORKER)].map((match) => ({
      path,
      name: match.groups?.['name'] ?? '',
    }));
  });
  return (await Promise.all(sources))
    .flat()
    .filter(({ name }) => !entries.includes(name))
    .map(({ path, name }) => `${path} starts the worker ${name}, which is no entry of the bundle`);
}

async function fail(folder: string, problems: readonly string[]): Promise<never> {
  await rm(join(folder, 'dist'), { recursive: true, force: true });
  throw new Error(`The bundle would not run:\n${problems.map((text) => `  - ${text}`).join('\n')}`);
}

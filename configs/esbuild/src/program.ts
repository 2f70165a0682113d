import { readFile, rm } from 'node:fs/promises';
import { isBuiltin } from 'node:module';
import { join, resolve } from 'node:path';
import { build, type BuildResult, type Plugin } from 'esbuild';
import { writeNotices } from './notices.ts';

/** A program of this workspace, bundled for Node. */
export interface ProgramOptions {
  /** The package's folder, absolute; its package.json names what may stay outside. */
  readonly folder: string;
  /** Name in `dist` → source, relative to the folder: the program, and each worker that it starts. */
  readonly entries: Readonly<Record<string, string>>;
  /** The packages that go into the bundle; those of others bring their licences along. */
  readonly inlined: readonly string[];
}

/**
 * Bundles a program into flat ESM files in `dist`, its lazy parts as chunks.
 *
 * A worker keeps working because every file lands in the same folder: `new URL('./name.js', import.meta.url)` in
 * a bundled source finds the entry `name`. A worker that is no entry, and an import that package.json does not
 * name, are errors here rather than for a user.
 */
export async function bundleProgram(options: ProgramOptions): Promise<void> {
  const { folder, entries } = options;
  const outside = new Set<string>();
  // The names of chunks change with their content; old ones would be shipped on.
  await rm(join(folder, 'dist'), { recursive: true, force: true });
  const result = await build({
    absWorkingDir: folder,
    entryPoints: { ...entries },
    outdir: join(folder, 'dist'),
    chunkNames: '[name]-[hash]',
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node22.18',
    banner: { js: REQUIRE },
    conditions: ['@mlcontainer/source'],
    legalComments: 'none',
    charset: 'utf8',
    metafile: true,
    logLevel: 'warning',
    plugins: [outsidePlugin(options.inlined, outside)],
  });
  const problems = [
    ...(await undeclared(folder, outside)),
    ...(await missingWorkers(folder, result, Object.keys(entries))),
    ...(await writeNotices(folder, result.metafile)),
  ];
  if (problems.length > 0) await fail(folder, problems);
}

/** CommonJS that goes into the bundle asks for Node's own modules so, which ESM has no word for. */
const REQUIRE =
  "import{createRequire as __mlcontainer_require}from'node:module';const require=__mlcontainer_require(import.meta.url);";

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
  { metafile }: BuildResult<{ metafile: true }>,
  entries: readonly string[],
): Promise<string[]> {
  const sources = Object.keys(metafile.inputs).map(async (path) => {
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

import { readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { mlcError, type ConfigEnv, type ConfigProblem } from '@mlcontainer/plugin-kit';
import { bundleConfig } from './bundle.ts';
import { evaluateConfig, type ImportModule } from './evaluate.ts';
import { findConfig, type FindOptions } from './find.ts';
import { flattenPlugins, type ListedPlugin } from './flatten.ts';
import { locate, readSource, type Location, type Source } from './locate.ts';
import { describeValue, problemsOf } from './problems.ts';
import { pathText, UNKNOWN_KEY, type RawProblem } from './raw-problem.ts';
import { resolveConfig, type ResolvedConfig } from './resolve.ts';
import { configSchema } from './schema.ts';

/** Where to look for a config, and what its function is called with. */
export interface LoadOptions extends FindOptions {
  /** Given to a config function. */
  readonly env: ConfigEnv;
  readonly signal: AbortSignal;
  /** Where bundled configs are kept between runs, for this user alone; absolute. None are when it is left out. */
  readonly cacheFolder?: string | undefined;
  /** `import()` of a URL; this package's own when left out. */
  readonly importModule?: ImportModule | undefined;
}

/** A config found, run, and checked. */
export interface LoadedConfig {
  readonly config: ResolvedConfig;
  /** Absolute path of the config. */
  readonly file: string;
  /** Its folder; every path of the config is relative to it. */
  readonly root: string;
  /** The config and every file it imports by a relative path, absolute. */
  readonly inputs: readonly string[];
}

/**
 * Finds, loads, runs and checks the config. It runs the user's own code with the rights of this process;
 * nothing is searched above the repository, nothing is fetched, no `.env` is read.
 *
 * Throws MLC1001 to MLC1004 (finding), MLC1005, MLC1006, MLC1010 (loading), MLC1007, MLC1008 (running)
 * and MLC1009 with every problem of its content.
 */
export async function loadConfig(options: LoadOptions): Promise<LoadedConfig> {
  const { env, signal } = options;
  signal.throwIfAborted();
  const file = await findConfig(options);
  const bundle = await bundleConfig(file, options.cacheFolder);
  const value = await evaluateConfig(file, bundle, {
    env,
    signal,
    importModule: options.importModule,
  });
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw mlcError('MLC1008', { file, got: describeValue(value) });
  }
  const plugins = await pluginsOf(value, file);
  const inputs = [file, ...bundle.inputs.filter((path) => path !== file).sort()];
  const config = await checkConfig(value, plugins, file, inputs);
  return { config, file, root: dirname(file), inputs };
}

async function pluginsOf(value: object, file: string): Promise<ListedPlugin[] | undefined> {
  const list: unknown = 'plugins' in value ? value.plugins : undefined;
  if (!Array.isArray(list)) return undefined;
  try {
    return await flattenPlugins(list);
  } catch (cause) {
    const detail = `a plugin of the list failed: ${cause instanceof Error ? cause.message : String(cause)}`;
    throw mlcError('MLC1007', { file, detail }, { cause });
  }
}

async function checkConfig(
  value: object,
  plugins: readonly ListedPlugin[] | undefined,
  file: string,
  inputs: readonly string[],
): Promise<ResolvedConfig> {
  const flat = plugins?.map((plugin) => plugin.value);
  const config = flat === undefined ? value : { ...value, plugins: flat };
  const result = configSchema.safeParse(config, { reportInput: false });
  if (result.success) return resolveConfig(result.data, dirname(file));
  const raw = problemsOf(result.error.issues, config).map((problem) => asWritten(problem, plugins));
  throw mlcError('MLC1009', { file, problems: await placeProblems(raw, inputs) });
}

/** Plugins are counted as the user wrote them, not as flattened. */
function asWritten(problem: RawProblem, plugins: readonly ListedPlugin[] = []): RawProblem {
  const [key, index] = problem.path;
  const listed = key === 'plugins' && typeof index === 'number' ? plugins[index] : undefined;
  return listed ? { ...problem, path: [...listed.path, ...problem.path.slice(2)] } : problem;
}

async function placeProblems(
  problems: readonly RawProblem[],
  inputs: readonly string[],
): Promise<ConfigProblem[]> {
  const sources = await Promise.all(
    inputs.map(async (file) => ({ file, source: await sourceOf(file) })),
  );
  return problems.map((problem) => placeProblem(problem, sources)).sort(byPlace);
}

async function sourceOf(file: string): Promise<Source> {
  return readSource(await readFile(file, 'utf8').catch(() => ''));
}

interface SourceFile {
  readonly file: string;
  readonly source: Source;
}

function placeProblem(problem: RawProblem, sources: readonly SourceFile[]): ConfigProblem {
  const atKey = problem.expected === UNKNOWN_KEY;
  const [main, ...imported] = sources.map(({ file, source }) => ({
    file,
    place: locate(source, problem.path, atKey),
  }));
  const best = imported.reduce((a, b) => (depthOf(b.place) > depthOf(a.place) ? b : a), main!);
  const { line, column } = best.place ?? {};
  const { path, ...words } = problem;
  const place = line === undefined || column === undefined ? {} : { line, column };
  return { path: pathText(path), ...words, file: best.file, ...place };
}

function depthOf(place: Location | undefined): number {
  return place?.depth ?? 0;
}

function byPlace(a: ConfigProblem, b: ConfigProblem): number {
  if (a.file !== b.file) return a.file < b.file ? -1 : 1;
  return (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0);
}

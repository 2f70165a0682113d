import { basename, dirname, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { mlcError } from '@mlcontainer/plugin-kit';
import type { BuildFailure, BuildOptions, BuildResult, Message, OutputFile } from 'esbuild';
import { keepBundle, keptBundle } from './bundle-cache.ts';
import {
  configPlugin,
  LOCATION_NAMES,
  type BundleNotes,
  type BundleTrail,
  type ImportFailure,
} from './bundle-plugin.ts';
import { userConditions } from './conditions.ts';

/** A config as one module. */
export interface ConfigBundle {
  /** ESM that imports packages by absolute address, with an inline source map. */
  readonly code: string;
  /** Source map v3, its sources as file URLs. */
  readonly map: BundleMap;
  /** The config and every file it imports by a relative path; absolute. */
  readonly inputs: readonly string[];
  readonly notes: BundleNotes;
}

export interface BundleMap {
  readonly version: 3;
  readonly sources: readonly string[];
  readonly names: readonly string[];
  readonly mappings: string;
}

/**
 * Bundles a config and its relative imports, or takes the bundle that an earlier run kept in `cacheFolder`, where
 * nothing has changed. Throws MLC1005 (syntax), MLC1006 (import), MLC1010 (TypeScript plugin).
 */
export async function bundleConfig(file: string, cacheFolder?: string): Promise<ConfigBundle> {
  const question = { file, options: options(file) };
  const kept = cacheFolder === undefined ? undefined : keptBundle(cacheFolder, question);
  if (kept !== undefined) return kept;
  const trail: BundleTrail = { resolutions: [], texts: new Map() };
  const { bundle, isClean } = await makeBundle(file, trail);
  if (cacheFolder !== undefined && isClean) keepBundle(cacheFolder, question, bundle, trail);
  return bundle;
}

async function makeBundle(
  file: string,
  trail: BundleTrail,
): Promise<{ bundle: ConfigBundle; isClean: boolean }> {
  const notes: BundleNotes = { specifiers: new Map(), prefixes: new Map() };
  const { outputFiles, metafile, warnings } = await runEsbuild(file, notes, trail);
  const folder = dirname(file);
  const map = absoluteMap(textOf(outputFiles, '.map'), folder);
  const code = `${textOf(outputFiles, '.mjs')}\n${inlineMap(map)}\n`;
  const inputs = Object.keys(metafile.inputs).map((path) => resolve(folder, path));
  return { bundle: { code, map, inputs, notes }, isClean: warnings.length === 0 };
}

type Built = BuildResult<{ write: false; metafile: true }>;

async function runEsbuild(file: string, notes: BundleNotes, trail: BundleTrail): Promise<Built> {
  const { build } = await import('esbuild');
  try {
    const plugins = [configPlugin(notes, trail)];
    return await build({ ...options(file), plugins });
  } catch (cause) {
    throw failureOf(file, notes, cause as BuildFailure);
  }
}

function options(file: string): BuildOptions & { write: false; metafile: true } {
  return {
    entryPoints: [file],
    absWorkingDir: dirname(file),
    outfile: join(dirname(file), `${basename(file)}.mjs`),
    bundle: true,
    write: false,
    metafile: true,
    format: 'esm',
    platform: 'node',
    target: 'node22',
    sourcemap: 'external',
    sourcesContent: false,
    charset: 'utf8',
    legalComments: 'none',
    logLevel: 'silent',
    // The user's tsconfig decides nothing here, as it would not for Node.
    tsconfigRaw: {},
    conditions: userConditions(process.execArgv, process.env['NODE_OPTIONS'] ?? ''),
    define: LOCATION_NAMES,
    banner: { js: requireBanner(file) },
  };
}

/** CommonJS configs call `require`, which ESM lacks. */
function requireBanner(file: string): string {
  const url = JSON.stringify(pathToFileURL(file).href);
  return `import{createRequire as __mlcontainer_require}from'node:module';const require=__mlcontainer_require(${url});`;
}

function textOf(files: readonly OutputFile[], extension: string): string {
  return files.find((file) => file.path.endsWith(extension))?.text ?? '';
}

function absoluteMap(text: string, folder: string): BundleMap {
  const map = JSON.parse(text) as BundleMap;
  const sources = map.sources.map((source) => pathToFileURL(resolve(folder, source)).href);
  return { ...map, sources };
}

function inlineMap(map: BundleMap): string {
  const data = Buffer.from(JSON.stringify(map)).toString('base64');
  return `//# sourceMappingURL=data:application/json;base64,${data}`;
}

function failureOf(file: string, notes: BundleNotes, cause: BuildFailure): Error {
  const message = cause.errors?.[0];
  if (message === undefined) return cause;
  const place = placeOf(file, notes, message);
  const failure = message.detail as ImportFailure | undefined;
  if (failure?.reason === 'unresolved') {
    return mlcError('MLC1006', { ...place, specifier: failure.specifier, detail: failure.detail });
  }
  if (failure?.reason === 'typescript-plugin') {
    const detail = `${failure.specifier} resolves to ${failure.detail}`;
    return mlcError('MLC1010', { ...place, detail });
  }
  return mlcError('MLC1005', { ...place, detail: message.text }, { cause });
}

/** esbuild counts lines from 1 and columns, in UTF-8 bytes, from 0. */
function placeOf(file: string, notes: BundleNotes, { location }: Message) {
  if (!location) return { file };
  const path = resolve(dirname(file), location.file);
  const prefix = location.line === 1 ? (notes.prefixes.get(path) ?? 0) : 0;
  return { file: path, line: location.line, column: Math.max(1, location.column - prefix + 1) };
}

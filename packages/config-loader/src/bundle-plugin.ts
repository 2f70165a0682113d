import { readFile } from 'node:fs/promises';
import { isBuiltin } from 'node:module';
import { dirname, extname, sep } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type {
  Loader,
  OnLoadResult,
  OnResolveArgs,
  OnResolveResult,
  Plugin,
  PluginBuild,
} from 'esbuild';
import type { Resolution } from './witness.ts';

/** What an import of the config came to nothing for; travels in the `detail` of an esbuild message. */
export interface ImportFailure {
  readonly reason: 'unresolved' | 'typescript-plugin';
  readonly specifier: string;
  readonly detail: string;
}

/** Marks the nested resolutions of this plugin, which esbuild alone answers. */
const OWN = Symbol('mlcontainer resolution');

/** Names that stand for `__dirname` and the like, file by file. */
export const LOCATION_NAMES = {
  __dirname: '__mlcontainer_dirname',
  __filename: '__mlcontainer_filename',
  'import.meta.dirname': '__mlcontainer_dirname',
  'import.meta.filename': '__mlcontainer_filename',
  'import.meta.url': '__mlcontainer_url',
} as const;

/** What the plugin learns on the way. */
export interface BundleNotes {
  /** Addresses of packages in the bundle, and what the user wrote for them. */
  readonly specifiers: Map<string, string>;
  /** Files whose first line got this many characters in front. */
  readonly prefixes: Map<string, number>;
}

/** What was found on the way to a bundle, by which a later run knows whether it still holds. */
export interface BundleTrail {
  readonly resolutions: Resolution[];
  /** Text of each input as it was bundled, by its path. */
  readonly texts: Map<string, string>;
}

/**
 * Bundles relative imports and leaves every package outside, as an absolute address: so a plugin and its
 * contract exist once in the process, and the bundle runs from any place.
 */
export function configPlugin(notes: BundleNotes, trail: BundleTrail): Plugin {
  return {
    name: 'mlcontainer-config',
    setup(build) {
      build.onResolve({ filter: /.*/ }, (args) => resolveImport(build, args, notes, trail));
      build.onLoad({ filter: /\.[cm]?[jt]s$/ }, async ({ path }) => {
        const text = await readFile(path, 'utf8');
        trail.texts.set(path, text);
        return moduleOf(path, text, notes.prefixes);
      });
    },
  };
}

async function resolveImport(
  build: PluginBuild,
  args: OnResolveArgs,
  { specifiers }: BundleNotes,
  { resolutions }: BundleTrail,
): Promise<OnResolveResult | undefined> {
  if (args.kind === 'entry-point' || args.pluginData === OWN) return undefined;
  if (isBuiltin(args.path) || /^(?:file|data):/.test(args.path)) {
    return { path: args.path, external: true };
  }
  const resolution = await resolvePath(build, args);
  if (resolution === undefined) return failure('unresolved', args.path, '');
  resolutions.push(resolution);
  const { path } = resolution;
  if (isLocal(args.path) || path.endsWith('.json')) return { path };
  if (isTypesOnly(path)) return failure('typescript-plugin', args.path, path);
  const address = args.kind.startsWith('require') ? path : pathToFileURL(path).href;
  specifiers.set(address, args.path);
  return { path: address, external: true };
}

/** `./x`, `/x`, and `#x` of the project's own package.json. */
function isLocal(specifier: string): boolean {
  return /^(?:\.{1,2}(?:[/\\]|$)|[/#]|[a-z]:[/\\])/i.test(specifier);
}

function isTypesOnly(path: string): boolean {
  return path.includes(`${sep}node_modules${sep}`) && /\.[cm]?tsx?$/.test(path);
}

async function resolvePath(
  build: PluginBuild,
  args: OnResolveArgs,
): Promise<Resolution | undefined> {
  const { kind, importer, namespace, resolveDir, path: specifier } = args;
  const from = (folder: string) =>
    build.resolve(specifier, { kind, importer, namespace, resolveDir: folder, pluginData: OWN });
  const first = await from(resolveDir);
  if (first.errors.length === 0) return { specifier, from: resolveDir, path: first.path };
  if (!isOurs(specifier)) return undefined;
  const own = dirname(fileURLToPath(import.meta.url));
  const second = await from(own);
  if (second.errors.length > 0) return undefined;
  return { specifier, from: resolveDir, path: second.path, own };
}

/**
 * A project in Python needs no node_modules: what ships with the tool is also found beside the tool,
 * so that `npx mlcontainer build` works with a config that imports `mlcontainer`.
 */
function isOurs(specifier: string): boolean {
  return /^(?:mlcontainer|@mlcontainer\/[^/]+)(?:\/|$)/.test(specifier);
}

function failure(
  reason: ImportFailure['reason'],
  specifier: string,
  detail: string,
): OnResolveResult {
  const data: ImportFailure = { reason, specifier, detail };
  return { errors: [{ text: `Cannot resolve ${specifier}`, detail: data }] };
}

function moduleOf(path: string, text: string, prefixes: Map<string, number>): OnLoadResult {
  const loader: Loader = /ts$/.test(extname(path)) ? 'ts' : 'js';
  const prefix = locationPrefix(path, text);
  if (prefix === '') return { contents: text, loader };
  // A hashbang line may only stand first, and nothing of the user's is lost with it.
  const rest = text.startsWith('#!') ? text.slice(lineEnd(text)) : text;
  if (rest === text) prefixes.set(path, prefix.length);
  return { contents: prefix + rest, loader };
}

function lineEnd(text: string): number {
  const end = text.indexOf('\n');
  return end === -1 ? text.length : end;
}

/** Defines the file's own place, on its first line, because a new line would shift every other. */
function locationPrefix(path: string, text: string): string {
  if (!/\b__dirname\b|\b__filename\b|\bimport\s*\.\s*meta\b/.test(text)) return '';
  const values = {
    __mlcontainer_dirname: dirname(path),
    __mlcontainer_filename: path,
    __mlcontainer_url: pathToFileURL(path).href,
  };
  const names = Object.entries(values).map(([key, value]) => `${key}=${JSON.stringify(value)}`);
  return `const ${names.join(',')};`;
}

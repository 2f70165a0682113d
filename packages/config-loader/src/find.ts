import { access, constants, readdir, stat } from 'node:fs/promises';
import { basename, dirname, extname, join, resolve } from 'node:path';
import { mlcError, nearest } from '@mlcontainer/plugin-kit';
import type { Options, PublicExplorer } from 'cosmiconfig';
import * as internals from 'cosmiconfig/dist/Explorer.js';

/** The extensions of a config, the most common first. */
export const CONFIG_EXTENSIONS = ['.ts', '.mts', '.cts', '.js', '.mjs', '.cjs'] as const;
const CONFIG_NAMES = CONFIG_EXTENSIONS.map((extension) => `mlcontainer.config${extension}`);

/** The options of cosmiconfig's class, which its types leave out; its version is pinned for that. */
interface ExplorerOptions extends Options {
  readonly moduleName: string;
  readonly metaConfigFilePath: null;
}
const { Explorer } = internals as unknown as {
  readonly Explorer: new (options: ExplorerOptions) => PublicExplorer;
};

/** What marks the root of a repository or workspace; the search never goes above it. */
const ROOT_MARKERS = ['.git', '.hg', 'nx.json', 'pnpm-workspace.yaml', 'pyproject.toml'];

/** Where to look for the config. */
export interface FindOptions {
  readonly cwd: string;
  /** A path on the command line, relative to `cwd`; nothing is searched for. */
  readonly configFile?: string;
  /** The highest folder that is searched; otherwise the root of the repository, or `cwd` outside of one. */
  readonly stopDir?: string;
}

/**
 * The absolute path of the config. Throws MLC1001 (none), MLC1002 (not readable), MLC1003 (no module)
 * and MLC1004 (several in one folder).
 */
export async function findConfig(options: FindOptions): Promise<string> {
  const { cwd, configFile } = options;
  if (configFile !== undefined) return checkReadable(resolve(cwd, configFile));
  const stopDir = resolve(options.stopDir ?? (await repositoryRoot(cwd)));
  const found = await search(cwd, stopDir);
  if (found === undefined) throw await noConfig(cwd, stopDir);
  await refuseSeveral(dirname(found));
  return checkReadable(found);
}

/** The folders from `cwd` up to `stopDir`; `cwd` alone where it is not below `stopDir`. */
function foldersUpTo(cwd: string, stopDir: string): string[] {
  const folders = [resolve(cwd)];
  for (let folder = resolve(cwd); folder !== stopDir; folder = dirname(folder)) {
    if (dirname(folder) === folder) return [resolve(cwd)];
    folders.push(dirname(folder));
  }
  return folders;
}

async function search(cwd: string, stopDir: string): Promise<string | undefined> {
  const explorer = configExplorer();
  for (const folder of foldersUpTo(cwd, stopDir)) {
    const result = await explorer.search(folder);
    if (result !== null) return result.filepath;
  }
  return undefined;
}

/**
 * cosmiconfig looks into a folder; what the file holds is none of its business here.
 *
 * Its class is used rather than its entry function: that one first loads `.config/config.js` of the
 * process's working folder, whatever that file is for, and its `global` strategy ends in the home folder.
 */
function configExplorer(): PublicExplorer {
  const asPath = (path: string) => ({ path });
  return new Explorer({
    moduleName: 'mlcontainer',
    searchPlaces: CONFIG_NAMES,
    searchStrategy: 'none',
    cache: false,
    ignoreEmptySearchPlaces: false,
    loaders: Object.fromEntries(CONFIG_EXTENSIONS.map((extension) => [extension, asPath])),
    transform: (result) => result,
    metaConfigFilePath: null,
    mergeImportArrays: true,
    mergeSearchPlaces: true,
  });
}

async function checkReadable(file: string): Promise<string> {
  const extension = extname(file);
  if (!CONFIG_EXTENSIONS.some((known) => known === extension)) {
    throw mlcError('MLC1003', { file, extension });
  }
  try {
    await access(file, constants.R_OK);
    if (!(await stat(file)).isFile()) throw new Error('it is not a file');
    return file;
  } catch (cause) {
    throw mlcError('MLC1002', { file, detail: reason(cause) }, { cause });
  }
}

function reason(cause: unknown): string {
  const { code, message } = cause as NodeJS.ErrnoException;
  if (code === 'ENOENT') return 'there is no such file';
  return code === 'EACCES' ? 'permission denied' : message;
}

async function refuseSeveral(folder: string): Promise<void> {
  const files = (await readdir(folder)).filter((name) => CONFIG_NAMES.includes(name)).sort();
  if (files.length > 1) throw mlcError('MLC1004', { folder, files });
}

async function noConfig(cwd: string, stopDir: string): Promise<Error> {
  const names = await readdir(cwd).catch(() => []);
  const unreadable = names.find((name) => CONFIG_NAMES.includes(name));
  if (unreadable !== undefined) {
    const detail = 'it is not a file, or may not be read';
    return mlcError('MLC1002', { file: join(cwd, unreadable), detail });
  }
  const similar = names.find((name) => looksLikeConfig(name));
  return mlcError('MLC1001', { cwd, stopDir, ...(similar === undefined ? {} : { near: similar }) });
}

function looksLikeConfig(name: string): boolean {
  const stem = basename(name, extname(name));
  return nearest(stem, ['mlcontainer.config', 'mlcontainer']).length > 0;
}

/** The nearest folder at or above `cwd` that holds a repository or workspace; `cwd` where there is none. */
async function repositoryRoot(cwd: string): Promise<string> {
  for (let folder = resolve(cwd); ; folder = dirname(folder)) {
    const names = await readdir(folder).catch((): string[] => []);
    if (ROOT_MARKERS.some((marker) => names.includes(marker))) return folder;
    if (dirname(folder) === folder) return resolve(cwd);
  }
}

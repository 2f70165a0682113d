import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { mlcError } from '@mlcontainer/plugin-kit';
import { parse } from 'smol-toml';
import type { Env } from './pip.ts';

/** A value of uv's configuration and the place it stands at. */
export interface UvValue {
  readonly value: unknown;
  readonly source: string;
}

export interface UvFile {
  readonly source: string;
  readonly table: Readonly<Record<string, unknown>>;
}

/**
 * uv's configuration files, the first of which that sets a value wins: `uv.toml` or `[tool.uv]` of the project, the
 * user's, the system's (uv documentation, "Configuration files"). UV_CONFIG_FILE replaces them all, UV_NO_CONFIG
 * switches them off. Throws MLC5003 on a damaged file.
 */
export async function uvFiles(env: Env, cwd: string, home: string | undefined): Promise<UvFile[]> {
  if (truthy(env['UV_NO_CONFIG'])) return [];
  const own = env['UV_CONFIG_FILE'];
  if (own) return present([await uvToml(own)]);
  const configHome =
    env['XDG_CONFIG_HOME'] || (home === undefined ? undefined : join(home, '.config'));
  const system = [
    ...(env['XDG_CONFIG_DIRS'] || '/etc/xdg')
      .split(':')
      .filter(Boolean)
      .map((path) => join(path, 'uv', 'uv.toml')),
    '/etc/uv/uv.toml',
  ];
  return present([
    await projectFile(cwd),
    configHome === undefined ? undefined : await uvToml(join(configHome, 'uv', 'uv.toml')),
    await firstOf(system),
  ]);
}

function present(files: readonly (UvFile | undefined)[]): UvFile[] {
  return files.filter((file) => file !== undefined);
}

async function firstOf(paths: readonly string[]): Promise<UvFile | undefined> {
  for (const path of paths) {
    const file = await uvToml(path);
    if (file) return file;
  }
  return undefined;
}

/** The nearest folder upwards with a uv.toml or a `[tool.uv]`; uv.toml goes first. */
async function projectFile(cwd: string): Promise<UvFile | undefined> {
  for (let folder = cwd; ; folder = dirname(folder)) {
    const found =
      (await uvToml(join(folder, 'uv.toml'))) ?? (await pyproject(join(folder, 'pyproject.toml')));
    if (found || dirname(folder) === folder) return found;
  }
}

async function pyproject(path: string): Promise<UvFile | undefined> {
  const table = await readToml(path);
  const tool = table?.['tool'] as Record<string, unknown> | undefined;
  const uv = tool?.['uv'];
  return typeof uv === 'object' && uv !== null
    ? { source: `${path} [tool.uv]`, table: uv as UvFile['table'] }
    : undefined;
}

async function uvToml(path: string): Promise<UvFile | undefined> {
  const table = await readToml(path);
  return table && { source: path, table };
}

async function readToml(path: string): Promise<Record<string, unknown> | undefined> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch {
    return undefined;
  }
  try {
    return parse(text);
  } catch (error) {
    throw mlcError('MLC5003', { source: path, detail: firstLine(error) }, { cause: error });
  }
}

function firstLine(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).split('\n')[0] ?? '';
}

/** The first file's value of a key; `[pip]` of the same file goes over its top level, as for `uv pip`. */
export function uvValue(files: readonly UvFile[], key: string): UvValue | undefined {
  for (const { source, table } of files) {
    const pip = table['pip'] as Record<string, unknown> | undefined;
    if (pip?.[key] !== undefined) return { value: pip[key], source: `${source} [pip]` };
    if (table[key] !== undefined) return { value: table[key], source };
  }
  return undefined;
}

/** One `[[index]]` of uv's configuration. */
export interface UvIndex {
  readonly name?: string;
  readonly url: string;
  readonly isDefault: boolean;
  readonly explicit: boolean;
  readonly source: string;
}

/** All `[[index]]` tables, those of the project first. */
export function uvIndexes(files: readonly UvFile[]): UvIndex[] {
  return files.flatMap(({ source, table }) => {
    const list = Array.isArray(table['index']) ? (table['index'] as unknown[]) : [];
    return list.flatMap((item) => {
      const index = item as Record<string, unknown>;
      if (typeof index['url'] !== 'string') return [];
      return {
        ...(typeof index['name'] === 'string' ? { name: index['name'] } : {}),
        url: index['url'],
        isDefault: index['default'] === true,
        explicit: index['explicit'] === true,
        source: `${source} [[index]]`,
      };
    });
  });
}

/** uv's reading of a boolean environment variable. */
export function truthy(value: string | undefined): boolean {
  return value !== undefined && ['1', 'true', 't', 'yes', 'y', 'on'].includes(value.toLowerCase());
}

import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { mlcError } from '@mlcontainer/plugin-kit';
import { parse, TomlError } from 'smol-toml';

import { variable, type Env } from '../credentials/look.ts';

/** Where another place of a registry's content is. */
export interface RuleLocation {
  /** `host[:port][/namespace]` */
  readonly location: string;
  readonly insecure: boolean;
  /** For which references it may be asked; `all` when not said. */
  readonly pulls: 'all' | 'digest-only' | 'tag-only';
}

/** One `[[registry]]` table (containers-registries.conf(5), version 2). */
export interface RegistryRule {
  /** `host[:port][/namespace…]`, or `*.domain`. */
  readonly prefix: string;
  readonly location: string;
  readonly insecure: boolean;
  readonly blocked: boolean;
  readonly mirrors: readonly RuleLocation[];
  /** The file that holds it. */
  readonly source: string;
}

/** Folders of the system; elsewhere in tests. */
export interface SystemFolders {
  /** `/etc` */
  readonly etc: string;
}

/**
 * The rules of this machine, by prefix. The file of CONTAINERS_REGISTRIES_CONF, of HOME or of the system, then the
 * drop-in files, of which later ones replace a prefix (containers-registries.conf.d(5)). Throws MLC6811 for a file
 * that cannot be used.
 */
export async function readRegistryRules(
  env: Env,
  { etc }: SystemFolders,
): Promise<ReadonlyMap<string, RegistryRule>> {
  const config = configFolder(env);
  const own = config && join(config, 'containers', 'registries.conf');
  const named = variable(env, 'CONTAINERS_REGISTRIES_CONF');
  const ownRules =
    named === undefined && own !== undefined ? await readConf(own, false) : undefined;
  const system = join(etc, 'containers', 'registries.conf');
  const main = ownRules ?? (await readConf(named ?? system, named !== undefined));
  const folders = [
    ...(ownRules === undefined ? [`${system}.d`] : []),
    ...(own === undefined ? [] : [`${own}.d`]),
  ];
  const rules = new Map<string, RegistryRule>();
  for (const rule of main ?? []) rules.set(rule.prefix, rule);
  for (const folder of folders)
    for (const file of await dropIns(folder))
      for (const rule of (await readConf(file, false)) ?? []) rules.set(rule.prefix, rule);
  return rules;
}

/** The folder of a user's settings (XDG Base Directory Specification). */
export function configFolder(env: Env): string | undefined {
  const home = variable(env, 'HOME');
  return variable(env, 'XDG_CONFIG_HOME') ?? (home && join(home, '.config'));
}

async function dropIns(folder: string): Promise<string[]> {
  try {
    const names = await readdir(folder);
    return names
      .filter((name) => name.endsWith('.conf'))
      .sort()
      .map((name) => join(folder, name));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR' || code === 'EACCES') return [];
    throw unusable(folder, String(code), error);
  }
}

/** The rules of a file; undefined where there is none. One that is there and cannot be read may forbid something. */
async function readConf(path: string, required: boolean): Promise<RegistryRule[] | undefined> {
  let text;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    const code = String((error as NodeJS.ErrnoException).code);
    if (!required && (code === 'ENOENT' || code === 'ENOTDIR')) return undefined;
    throw unusable(path, `it cannot be read (${code})`, error);
  }
  try {
    return rulesOf(parse(text), path);
  } catch (error) {
    if (!(error instanceof TomlError) && !(error instanceof TypeError)) throw error;
    throw unusable(path, firstLine(error.message), error);
  }
}

function firstLine(message: string): string {
  return message.split('\n')[0] ?? '';
}

function unusable(path: string, detail: string, cause: unknown): Error {
  return mlcError('MLC6811', { path, detail }, { cause });
}

type Table = Record<string, unknown>;

function rulesOf(file: Table, source: string): RegistryRule[] {
  const tables = file.registry ?? [];
  if (!Array.isArray(tables)) throw new TypeError('registry is no array of tables');
  return tables.map((table) => ruleOf(table as Table, source));
}

function ruleOf(table: Table, source: string): RegistryRule {
  const prefix = bare(table.prefix ?? table.location);
  if (prefix === '') throw new TypeError('a [[registry]] has neither prefix nor location');
  const digestOnly = flag(table, 'mirror-by-digest-only');
  const mirrors = table.mirror ?? [];
  if (!Array.isArray(mirrors)) throw new TypeError('mirror is no array of tables');
  return {
    prefix,
    // A wildcard stands for hosts that serve themselves.
    location: bare(table.location ?? (prefix.startsWith('*.') ? '' : prefix)),
    insecure: flag(table, 'insecure'),
    blocked: flag(table, 'blocked'),
    mirrors: mirrors.map((mirror) => mirrorOf(mirror as Table, digestOnly)),
    source,
  };
}

function mirrorOf(table: Table, digestOnly: boolean): RuleLocation {
  const location = bare(table.location);
  if (location === '') throw new TypeError('a mirror has no location');
  const said = table['pull-from-mirror'];
  if (said !== undefined && said !== 'all' && said !== 'digest-only' && said !== 'tag-only')
    throw new TypeError('pull-from-mirror is none of all, digest-only, tag-only');
  const pulls = digestOnly ? 'digest-only' : (said ?? 'all');
  return { location, insecure: flag(table, 'insecure'), pulls };
}

function flag(table: Table, name: string): boolean {
  const value = table[name] ?? false;
  if (typeof value !== 'boolean') throw new TypeError(`${name} is neither true nor false`);
  return value;
}

function bare(value: unknown): string {
  if (value === undefined) return '';
  if (typeof value !== 'string') throw new TypeError('a prefix or location is no text');
  return value.replace(/\/+$/, '');
}

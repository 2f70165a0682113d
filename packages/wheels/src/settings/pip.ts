import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { mlcError } from '@mlcontainer/plugin-kit';
import { type Ini, IniError, parseIni } from './ini.ts';

/** The environment of a process, handed in. */
export type Env = Readonly<Record<string, string | undefined>>;

/** One of pip's options with the place that set it last. */
export interface PipOption {
  readonly value: string;
  /** `PIP_INDEX_URL`, or `/etc/pip.conf [global]`. */
  readonly source: string;
}

/** What an error says of a file that cannot be read. */
async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'ENOENT' || code === 'ENOTDIR' || code === 'EISDIR') return undefined;
    if (code === 'EACCES' || code === 'EPERM') return undefined;
    throw error;
  }
}

/**
 * The configuration files in pip's order, the later over the earlier: global (XDG_CONFIG_DIRS, then /etc), user
 * (~/.pip, then XDG_CONFIG_HOME), virtual environment, PIP_CONFIG_FILE (pip documentation, "Configuration files").
 * PIP_CONFIG_FILE of /dev/null switches all files off; one that exists switches the user's off.
 */
export async function pipConfigFiles(env: Env, home: string | undefined): Promise<string[]> {
  const own = env['PIP_CONFIG_FILE'] || undefined;
  if (own === '/dev/null') return [];
  const system = (env['XDG_CONFIG_DIRS'] || '/etc/xdg').split(':').filter((path) => path !== '');
  const ownExists = own !== undefined && (await readIfThere(own)) !== undefined;
  const configHome =
    env['XDG_CONFIG_HOME'] || (home === undefined ? undefined : join(home, '.config'));
  return [
    ...system.map((path) => join(path, 'pip', 'pip.conf')),
    '/etc/pip.conf',
    ...(ownExists || home === undefined ? [] : [join(home, '.pip', 'pip.conf')]),
    ...(ownExists || configHome === undefined ? [] : [join(configHome, 'pip', 'pip.conf')]),
    ...(env['VIRTUAL_ENV'] ? [join(env['VIRTUAL_ENV'], 'pip.conf')] : []),
    ...(own === undefined ? [] : [own]),
  ];
}

/** Sections that count, the later over the earlier, whichever file they stand in: as for `pip download` and `pip install`. */
const SECTIONS = ['global', 'download', 'install'];

/** pip's options after files and environment are merged as pip merges them. Throws MLC5003 on a damaged file. */
export async function pipOptions(
  files: readonly string[],
  env: Env,
): Promise<Map<string, PipOption>> {
  const bySection = new Map<string, Map<string, PipOption>>();
  for (const path of files) {
    const text = await readIfThere(path);
    if (text !== undefined) collect(bySection, path, readIni(path, text));
  }
  const merged = new Map(SECTIONS.flatMap((section) => [...(bySection.get(section) ?? [])]));
  for (const [name, value] of Object.entries(env)) {
    if (!name.startsWith('PIP_') || name === 'PIP_CONFIG_FILE' || !value) continue;
    merged.set(optionName(name.slice(4)), { value, source: name });
  }
  return merged;
}

function readIni(path: string, text: string): Ini {
  try {
    return parseIni(text);
  } catch (error) {
    if (error instanceof IniError)
      throw mlcError('MLC5003', { source: path, detail: error.message });
    throw error;
  }
}

function collect(bySection: Map<string, Map<string, PipOption>>, path: string, ini: Ini): void {
  for (const section of SECTIONS) {
    const options = bySection.get(section) ?? new Map<string, PipOption>();
    bySection.set(section, options);
    for (const [key, value] of ini.get(section) ?? []) {
      if (value !== '') options.set(optionName(key), { value, source: `${path} [${section}]` });
    }
  }
}

/** pip takes `index_url`, `--index-url` and `index-url` for the same; two options have an older name. */
function optionName(key: string): string {
  const name = key.toLowerCase().replaceAll('_', '-').replace(/^--/, '');
  return name === 'pypi-url' ? 'index-url' : name === 'default-timeout' ? 'timeout' : name;
}

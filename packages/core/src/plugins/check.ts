import { PLUGIN_API, isPlugin, mlcError, type Plugin } from '@mlcontainer/plugin-kit';
import { CORE_VERSION } from '../version.ts';
import { checkOptions } from './options.ts';

/** Loaded by who names a range; by its own file, since the package's entry loads all 47 of its modules. */
async function isWithin(version: string, range: string): Promise<boolean> {
  const { default: satisfies } = await import('semver/functions/satisfies.js');
  return satisfies(version, range, { includePrerelease: true });
}

/**
 * The stage `plugins`: everything that can be said of plugins before they see a model. Returns them in a fixed
 * order (by name), so that their order in the config never changes the bytes of an image.
 */
export async function checkPlugins(values: readonly unknown[]): Promise<readonly Plugin[]> {
  const plugins: Plugin[] = [];
  for (const [position, value] of values.entries()) plugins.push(await checkShape(value, position));
  checkUnique(plugins);
  const bound = await Promise.all(plugins.map(checkOptions));
  return bound.sort((a, b) => (a.name < b.name ? -1 : 1));
}

async function checkShape(value: unknown, position: number): Promise<Plugin> {
  if (!isPlugin(value)) throw mlcError('MLC2001', { position, detail: describe(value) });
  if (value.api !== PLUGIN_API) {
    throw mlcError('MLC2002', { plugin: value.name, api: value.api, supported: PLUGIN_API });
  }
  const range = value.compatibility?.core;
  if (range !== undefined && !(await isWithin(CORE_VERSION, range))) {
    throw mlcError('MLC2005', { plugin: value.name, range, core: CORE_VERSION });
  }
  return value;
}

function checkUnique(plugins: readonly Plugin[]): void {
  const names = plugins.map((plugin) => plugin.name);
  const twice = names.find((name, position) => names.indexOf(name) !== position);
  if (twice !== undefined) throw mlcError('MLC2003', { plugin: twice });
}

function describe(value: unknown): string {
  if (typeof value === 'function') return 'it is a function that was not called';
  return `it is ${value === null ? 'null' : typeof value}`;
}

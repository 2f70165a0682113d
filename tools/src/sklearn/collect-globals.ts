/**
 * Writes plugins/framework-sklearn/src/globals.data.ts: every global that pickles of scikit-learn's own estimators
 * name, besides the core that inspection lets in anyway. It stands here and not in the plugin, since it needs the
 * inspector, which no plugin may import. Run plugins/framework-sklearn/scripts/pickle_estimators.py with each
 * scikit-learn first.
 *
 * Usage: node --conditions=@mlcontainer/source tools/src/sklearn/collect-globals.ts FOLDER…
 */
import { readdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { CORE_CALLS, CORE_REFERENCES, danger, inspectModel } from '@mlcontainer/model-inspect';

const TARGET = new URL('../../../plugins/framework-sklearn/src/globals.data.ts', import.meta.url);
const NAME_FAULTS = ['MLC3020', 'MLC3021'];

/** The globals of every pickle in some folders; any fault besides unknown names is an error. */
async function globalsOf(folders: readonly string[]): Promise<Set<string>> {
  const { signal } = new AbortController();
  const names = new Set<string>();
  for (const folder of folders) {
    for (const file of await readdir(folder)) {
      const { facts, findings } = await inspectModel(path.join(folder, file), {
        allowedGlobals: [],
        signal,
      });
      const fault = findings.find((f) => f.severity === 'error' && !NAME_FAULTS.includes(f.code));
      if (fault !== undefined) throw new Error(`${folder}/${file}: ${fault.code} ${fault.message}`);
      for (const name of facts.globals) names.add(name);
    }
  }
  return names;
}

function split(global: string): readonly [module: string, name: string] {
  const dot = global.lastIndexOf('.');
  return [global.slice(0, dot), global.slice(dot + 1)];
}

/** One line a module, so that the file stays short and a change shows. */
function dataFile(names: readonly string[]): string {
  const byModule = new Map<string, string[]>();
  for (const [module, name] of names.map(split))
    byModule.set(module, [...(byModule.get(module) ?? []), name]);
  return [
    '// Written by tools/src/sklearn/collect-globals.ts from pickles of scikit-learn 1.0 to 1.9; do not edit.',
    '',
    '/** Names that pickles of scikit-learn estimators hold, by module. */',
    'export const GLOBALS_BY_MODULE: Readonly<Record<string, string>> = {',
    ...[...byModule].map(([module, members]) => `  ${quoteKey(module)}: '${members.join(' ')}',`),
    '};',
    '',
  ].join('\n');
}

function quoteKey(module: string): string {
  return /^[A-Za-z_]\w*$/.test(module) ? module : `'${module}'`;
}

const found = [...(await globalsOf(process.argv.slice(2)))]
  .filter((name) => !CORE_CALLS.has(name) && !CORE_REFERENCES.has(name))
  .sort();
const refused = found.filter(
  (name) =>
    name.includes(':') || name.startsWith('__main__.') || danger(...split(name)) !== undefined,
);
await writeFile(TARGET, dataFile(found.filter((name) => !refused.includes(name))));
process.stderr.write(
  `kept ${found.length - refused.length}; left out: ${refused.join(', ') || 'none'}\n`,
);

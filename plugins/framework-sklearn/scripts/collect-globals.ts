/**
 * Writes src/globals.data.ts: every global that pickles of scikit-learn's own estimators name, besides the core that
 * inspection lets in anyway. Run scripts/pickle_estimators.py with each scikit-learn first.
 *
 * Usage: node --conditions=@mlcontainer/source scripts/collect-globals.ts FOLDER…
 */
import { readdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { CORE_CALLS, CORE_REFERENCES, danger, inspectModel } from '@mlcontainer/model-inspect';

const { signal } = new AbortController();
const names = new Set<string>();

for (const folder of process.argv.slice(2)) {
  for (const file of await readdir(folder)) {
    const { facts, findings } = await inspectModel(path.join(folder, file), {
      allowedGlobals: [],
      signal,
    });
    const faults = findings.filter(
      (f) => f.severity === 'error' && !['MLC3020', 'MLC3021'].includes(f.code),
    );
    for (const fault of faults) process.stderr.write(`${file}: ${fault.code} ${fault.message}\n`);
    for (const name of facts.globals) names.add(name);
  }
}

const refused: string[] = [];
const kept = [...names].sort().filter((name) => {
  if (CORE_CALLS.has(name) || CORE_REFERENCES.has(name) || name.includes(':')) return false;
  const split = name.lastIndexOf('.');
  if (
    danger(name.slice(0, split), name.slice(split + 1)) === undefined &&
    !name.startsWith('__main__.')
  )
    return true;
  refused.push(name);
  return false;
});
process.stderr.write(`kept ${kept.length}; dangerous, left out: ${refused.join(', ') || 'none'}\n`);

const text = [
  '// Written by scripts/collect-globals.ts from pickles of scikit-learn 1.0 to 1.9; do not edit.',
  '',
  '/** Globals that pickles of scikit-learn estimators name: exact `module.name`. */',
  'export const SKLEARN_GLOBALS: readonly string[] = [',
  ...kept.map((name) => `  '${name}',`),
  '];',
  '',
].join('\n');
await writeFile(new URL('../src/globals.data.ts', import.meta.url), text);

#!/usr/bin/env node
import * as nodeModule from 'node:module';
import { fileURLToPath } from 'node:url';
import { setFlagsFromString } from 'node:v8';
import { codeCacheFolder } from './code-cache.ts';
import { loadCompiled, type Compiled } from './compiled.ts';
import { isCold, isLean, lateOptions, leanStart } from './lean.ts';
import type * as mainModule from './main.ts';
import { nodeComplaint } from './node-version.ts';

const complaint = nodeComplaint(process.versions.node);
const lean = complaint === undefined && isCold(process) ? leanStart(process) : undefined;
if (complaint !== undefined) {
  process.stderr.write(`${complaint}\n`);
  process.exitCode = 2;
} else if (lean !== undefined && typeof process.execve === 'function') {
  process.execve(process.execPath, lean.args, lean.env);
} else {
  // Node's module of them takes 4 ms to load, and pays where anything is pushed.
  const late = lateOptions(process);
  for (const name of late.before) process.getBuiltinModule(`node:${name}`);
  for (const option of late.options) setFlagsFromString(option);
  // A build that lasts for seconds does not write for 20 ms what it runs once.
  const compiled = isLean(process.env) ? undefined : codeCacheFolder(process.env, 'compiled');
  if (compiled !== undefined) nodeModule.enableCompileCache(compiled);
  // Loaded only now: an old Node could not even parse it.
  const program = compiled === undefined ? undefined : bundled(compiled);
  const { main } = (program?.exports as typeof mainModule) ?? (await import('./main.ts'));
  await main({
    keepCode: program?.keep,
    importModule: (url) => import(url) as Promise<object>,
  });
}

/** The bundle with the code that is kept of it for a command; undefined where sources run as they are. */
function bundled(folder: string): Compiled | undefined {
  if (!import.meta.url.endsWith('.js')) return undefined;
  const [command = 'none'] = process.argv.slice(2).filter((word) => /^[a-z]{1,16}$/.test(word));
  const file = fileURLToPath(new URL('./main.cjs', import.meta.url));
  return loadCompiled(file, folder, command);
}

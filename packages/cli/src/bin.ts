#!/usr/bin/env node
import * as nodeModule from 'node:module';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { setFlagsFromString } from 'node:v8';
import { codeCacheFolder } from './code-cache.ts';
import { loadCompiled, type Compiled } from './compiled.ts';
import { isCold, isLean, lateOptions, leanStart, type Late } from './lean.ts';
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
  takeOptions(lateOptions(process));
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

/** Node's module of options takes 4 ms to load, and pays where anything is pushed. */
function takeOptions({ undone, modules, options, waitsForThread }: Late): void {
  for (const option of undone) setFlagsFromString(option);
  for (const name of modules) process.getBuiltinModule(`node:${name}`);
  const take = (): void => options.forEach((option) => setFlagsFromString(option));
  if (waitsForThread && availableParallelism() > 1)
    process.once('worker', (thread) => thread.once('online', take));
  else take();
}

/** The bundle with the code that is kept of it for a command; undefined where sources run as they are. */
function bundled(folder: string): Compiled | undefined {
  if (!import.meta.url.endsWith('.js')) return undefined;
  const [command = 'none'] = process.argv.slice(2).filter((word) => /^[a-z]{1,16}$/.test(word));
  const file = fileURLToPath(new URL('./main.cjs', import.meta.url));
  return loadCompiled(file, folder, command);
}

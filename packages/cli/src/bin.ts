#!/usr/bin/env node
import * as nodeModule from 'node:module';
import { fileURLToPath } from 'node:url';
import { codeCacheFolder } from './code-cache.ts';
import { loadCompiled, type Compiled } from './compiled.ts';
import { isCold, leanStart } from './lean.ts';
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
  const compiled = codeCacheFolder(process.env, 'compiled');
  if (compiled !== undefined) nodeModule.enableCompileCache(compiled);
  // Loaded only now: an old Node could not even parse it.
  const program = compiled === undefined ? undefined : bundled(compiled);
  const { main } = (program?.exports as typeof mainModule) ?? (await import('./main.ts'));
  await main(program);
}

/** The bundle with the code that is kept of it; undefined where sources run as they are. */
function bundled(folder: string): Compiled | undefined {
  if (!import.meta.url.endsWith('.js')) return undefined;
  const flavour = process.env['MLCONTAINER_LEAN'] === undefined ? 'plain' : 'lean';
  return loadCompiled(fileURLToPath(new URL('./main.cjs', import.meta.url)), folder, flavour);
}

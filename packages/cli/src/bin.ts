#!/usr/bin/env node
import * as nodeModule from 'node:module';
import { codeCacheFolder } from './code-cache.ts';
import { isCold, leanStart } from './lean.ts';
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
  const { main } = await import('./main.ts');
  await main();
}

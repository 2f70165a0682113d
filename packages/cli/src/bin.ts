#!/usr/bin/env node
import * as nodeModule from 'node:module';
import { compileCacheFolder } from './compile-cache.ts';
import { leanStart } from './lean.ts';
import { nodeComplaint } from './node-version.ts';

const complaint = nodeComplaint(process.versions.node);
const lean = complaint === undefined ? leanStart(process) : undefined;
if (complaint !== undefined) {
  process.stderr.write(`${complaint}\n`);
  process.exitCode = 2;
} else if (lean !== undefined && typeof process.execve === 'function') {
  process.execve(process.execPath, lean.args, lean.env);
} else {
  const compiled = compileCacheFolder(process.env);
  if (compiled !== undefined) nodeModule.enableCompileCache(compiled);
  // Loaded only now: an old Node could not even parse it.
  const { main } = await import('./main.ts');
  await main();
}

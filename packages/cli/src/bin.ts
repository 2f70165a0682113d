#!/usr/bin/env node
import { nodeComplaint } from './node-version.ts';

const complaint = nodeComplaint(process.versions.node);
if (complaint === undefined) {
  // Loaded only now: an old Node could not even parse it.
  const { main } = await import('./main.ts');
  await main();
} else {
  process.stderr.write(`${complaint}\n`);
  process.exitCode = 2;
}

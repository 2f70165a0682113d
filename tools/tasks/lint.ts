import { runSuites, staticSuites, task } from '../src/index.ts';

await task(async ({ signal }) => {
  const [, ...lints] = staticSuites();
  return await runSuites(lints, signal);
});

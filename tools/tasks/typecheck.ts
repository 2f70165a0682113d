import { ROOT, run, task } from '../src/index.ts';

await task(
  async ({ args, signal }) =>
    await run('tsc', ['-p', 'tsconfig.json', ...args], { cwd: ROOT, signal }),
);

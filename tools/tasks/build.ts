import { ROOT, run, task } from '../src/index.ts';

await task(
  async ({ args, signal }) =>
    await run('nx', ['run-many', '--target=build', '--outputStyle=static', ...args], {
      cwd: ROOT,
      signal,
    }),
);

import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run, type RunOptions } from './process.ts';
import { countJunit, readVitestReport, type Tally } from './tally.ts';
import { ROOT } from './task.ts';

/** One suite of the gate. */
export type Suite = (signal: AbortSignal) => Promise<Tally>;

type Counts = Omit<Tally, 'suite' | 'seconds'>;

/** A program that passes or fails as a whole: a type check, a linter. */
export function programSuite(
  suite: string,
  command: string,
  args: readonly string[],
  options: RunOptions = {},
): Suite {
  return timed(suite, async (signal) => {
    const code = await run(command, args, { cwd: ROOT, ...options, signal });
    return code === 0 ? { passed: 1, failed: 0 } : { passed: 0, failed: 1 };
  });
}

/** Tests that vitest runs, counted from its JSON report. */
export function vitestSuite(
  suite: string,
  args: readonly string[],
  env: RunOptions['env'] = {},
): Suite {
  return timed(suite, async (signal) =>
    withReport('report.json', async (report) => {
      const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
      const code = await run('vitest', ['run', ...reporters, ...args], { cwd: ROOT, env, signal });
      return honest(code, await readVitestReport(report));
    }),
  );
}

/** Tests whose runner writes a JUnit report to the path put behind its arguments. */
export function junitSuite(
  suite: string,
  command: string,
  args: readonly string[],
  options: RunOptions = {},
): Suite {
  return timed(suite, async (signal) =>
    withReport('report.xml', async (report) => {
      const code = await run(command, [...args, report], { cwd: ROOT, ...options, signal });
      const counts = countJunit(await readFile(report, 'utf8').catch(() => ''));
      return honest(code, counts ?? { passed: 0, failed: 1 });
    }),
  );
}

/** A runner that failed without a failed test, as on an unhandled rejection, still fails the gate. */
function honest(code: number, counts: Counts): Counts {
  return code !== 0 && counts.failed === 0 ? { ...counts, failed: 1 } : counts;
}

function timed(suite: string, body: (signal: AbortSignal) => Promise<Counts>): Suite {
  return async (signal) => {
    process.stdout.write(`\n── ${suite}\n`);
    const started = performance.now();
    const counts = await body(signal).catch((error: unknown) => {
      process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
      return { passed: 0, failed: 1 };
    });
    return { suite, ...counts, seconds: (performance.now() - started) / 1000 };
  };
}

async function withReport<T>(name: string, use: (path: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'mlc-report-'));
  try {
    return await use(join(folder, name));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

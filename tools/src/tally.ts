import { readFile } from 'node:fs/promises';

/** How many tests of one suite passed and failed. */
export interface Tally {
  readonly suite: string;
  readonly passed: number;
  readonly failed: number;
  /** What failed, by file and name, with the first lines of why; where the runner tells. */
  readonly failures?: readonly string[];
  readonly seconds: number;
}

/** Counts the tests of a vitest JSON report. A report that is missing or empty is a failure. */
export async function readVitestReport(path: string): Promise<Omit<Tally, 'suite' | 'seconds'>> {
  const report: unknown = JSON.parse(await readFile(path, 'utf8').catch(() => 'null'));
  return { ...countVitest(report), failures: failuresOf(report) };
}

/** The counts in a vitest JSON report; a file that could not even be loaded counts as one failure. */
export function countVitest(report: unknown): { passed: number; failed: number } {
  if (!isReport(report)) return { passed: 0, failed: 1 };
  const broken = report.testResults.filter(
    (file) =>
      file.status === 'failed' && !file.assertionResults.some((test) => test.status === 'failed'),
  );
  const failed = report.numFailedTests + broken.length;
  const nothing = report.numPassedTests === 0 && failed === 0;
  return { passed: report.numPassedTests, failed: nothing ? 1 : failed };
}

/** Lines of a failure's message that are repeated at the end. */
const SHOWN_LINES = 6;

/** What failed in a vitest JSON report, for the end of a log of which only that may be kept. */
export function failuresOf(report: unknown): string[] {
  if (!isReport(report)) return ['no report was written'];
  return report.testResults
    .filter(({ status }) => status === 'failed')
    .flatMap(({ name = '', message = '', assertionResults }) => {
      const failed = assertionResults.filter(({ status }) => status === 'failed');
      if (failed.length === 0) return [`${name}: ${firstLines(message)}`];
      return failed.map(
        ({ fullName = '', failureMessages = [] }) =>
          `${name}: ${fullName}: ${firstLines(failureMessages.join('\n'))}`,
      );
    });
}

function firstLines(text: string): string {
  return text.split('\n').slice(0, SHOWN_LINES).join('\n    ');
}

interface VitestReport {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly testResults: readonly {
    readonly name?: string;
    readonly status: string;
    readonly message?: string;
    readonly assertionResults: readonly {
      readonly status: string;
      readonly fullName?: string;
      readonly failureMessages?: readonly string[];
    }[];
  }[];
}

function isReport(value: unknown): value is VitestReport {
  return (
    typeof value === 'object' &&
    value !== null &&
    'numPassedTests' in value &&
    'testResults' in value
  );
}

/** The counts in a JUnit report, as pytest and unittest runners write it; undefined where it holds none. */
export function countJunit(xml: string): { passed: number; failed: number } | undefined {
  const suites = [...xml.matchAll(/<testsuite\s([^>]*)>/g)].map((match) => match[1] ?? '');
  if (suites.length === 0) return undefined;
  const sum = (name: string) =>
    suites.reduce(
      (total, text) => total + Number(new RegExp(`\\b${name}="(\\d+)"`).exec(text)?.[1] ?? 0),
      0,
    );
  const failed = sum('failures') + sum('errors');
  return { passed: sum('tests') - failed - sum('skipped'), failed };
}

/** The table of all suites, and the line that the gate reads: `N passed, N failed`, alone and last. */
export function renderTallies(tallies: readonly Tally[]): string {
  const width = Math.max(...tallies.map(({ suite }) => suite.length));
  const rows = tallies.map(
    ({ suite, passed, failed, seconds }) =>
      `${suite.padEnd(width)}  ${String(passed).padStart(5)} passed  ${String(failed).padStart(3)} failed  ${seconds.toFixed(1).padStart(6)} s`,
  );
  const total = (key: 'passed' | 'failed') => tallies.reduce((sum, tally) => sum + tally[key], 0);
  const failures = tallies.flatMap((tally) => tally.failures ?? []).map((text) => `✗ ${text}\n`);
  return [
    ...failures,
    ...rows,
    '',
    `${total('passed')} passed, ${total('failed')} failed`,
    '',
  ].join('\n');
}

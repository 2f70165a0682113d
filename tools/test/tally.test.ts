import { describe, expect, it } from 'vitest';
import { countJunit, countVitest, failuresOf, renderTallies } from '../src/tally.ts';

function report(passed: number, failed: number, files: { status: string; tests: string[] }[] = []) {
  const testResults = files.map(({ status, tests }) => ({
    status,
    assertionResults: tests.map((test) => ({ status: test })),
  }));
  return { numPassedTests: passed, numFailedTests: failed, testResults };
}

describe('countVitest', () => {
  it('counts passed and failed tests', () => {
    expect(countVitest(report(3, 1, [{ status: 'failed', tests: ['failed'] }]))).toEqual({
      passed: 3,
      failed: 1,
    });
  });

  it('counts a file that could not be loaded as a failure', () => {
    expect(countVitest(report(3, 0, [{ status: 'failed', tests: [] }]))).toEqual({
      passed: 3,
      failed: 1,
    });
  });

  it.each([[null], [{}], [report(0, 0)]])('counts %j, which ran nothing, as a failure', (value) => {
    expect(countVitest(value)).toEqual({ passed: 0, failed: 1 });
  });
});

describe('failuresOf', () => {
  it('names files and tests with the beginning of why', () => {
    const failed = { status: 'failed', fullName: 'adds', failureMessages: ['1\n2\n3\n4\n5\n6\n7'] };
    const passed = { status: 'passed', fullName: 'subtracts', failureMessages: [] };
    const testResults = [
      { name: 'a.test.ts', status: 'failed', assertionResults: [passed, failed] },
      { name: 'b.test.ts', status: 'failed', message: 'no such module', assertionResults: [] },
      { name: 'c.test.ts', status: 'passed', assertionResults: [passed] },
    ];
    expect(failuresOf({ numPassedTests: 2, numFailedTests: 1, testResults })).toEqual([
      'a.test.ts: adds: 1\n    2\n    3\n    4\n    5\n    6',
      'b.test.ts: no such module',
    ]);
    expect(failuresOf(null)).toEqual(['no report was written']);
  });
});

describe('countJunit', () => {
  it('adds the suites up and leaves skipped tests out', () => {
    const xml =
      '<testsuites><testsuite name="a" tests="4" failures="1" errors="1" skipped="1"/>' +
      '<testsuite name="b" tests="2" failures="0" errors="0"></testsuite></testsuites>';
    expect(countJunit(xml)).toEqual({ passed: 3, failed: 2 });
  });

  it('knows no counts where there is no suite', () => {
    expect(countJunit('')).toBeUndefined();
  });
});

describe('renderTallies', () => {
  it('ends with the line that the gate reads', () => {
    const text = renderTallies([
      { suite: 'a', passed: 2, failed: 0, seconds: 1 },
      { suite: 'longer', passed: 3, failed: 1, failures: ['c.test.ts: adds'], seconds: 2 },
    ]);
    expect(text.split('\n')[0]).toBe('✗ c.test.ts: adds');
    expect(text.split('\n').at(-2)).toBe('5 passed, 1 failed');
  });
});

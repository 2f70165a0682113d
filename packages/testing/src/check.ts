/** One statement about a plugin that can be put to the test. */
export interface Check {
  /** What it is about, for a program: `contribute/deterministic`. */
  readonly rule: string;
  /** What it says, for people; unique in a list. */
  readonly name: string;
  /** Rejects with a `ConformanceError` where the plugin does not keep to it. */
  readonly run: () => Promise<void>;
}

/** What a test framework must offer; those of vitest, jest, mocha and node:test do. */
export interface TestFramework {
  readonly describe: (name: string, body: () => void) => unknown;
  readonly test: (name: string, body: () => Promise<void>) => unknown;
}

/** A plugin that does not keep to the contract, with everything that was found. */
export class ConformanceError extends Error {
  override readonly name = 'ConformanceError';
  readonly rule: string;
  readonly problems: readonly string[];

  constructor(rule: string, problems: readonly string[]) {
    super(`${rule}:\n${problems.map((problem) => `  - ${problem}`).join('\n')}`);
    this.rule = rule;
    this.problems = problems;
  }
}

/** How a check went. */
export interface CheckResult {
  readonly rule: string;
  readonly name: string;
  /** Empty where the plugin passed. */
  readonly problems: readonly string[];
}

/** A check from a function that lists problems; no problem is a pass. */
export function check(
  rule: string,
  name: string,
  find: () => Promise<readonly string[]> | readonly string[],
): Check {
  const run = async (): Promise<void> => {
    const problems = await find();
    if (problems.length > 0) throw new ConformanceError(rule, problems);
  };
  return { rule, name, run };
}

/** Registers checks with a test framework, one test each. */
export function registerChecks(
  title: string,
  checks: readonly Check[],
  { describe, test }: TestFramework,
): void {
  describe(title, () => {
    for (const { name, run } of checks) test(name, run);
  });
}

/** Runs checks one after the other, without any test framework. */
export async function runChecks(checks: readonly Check[]): Promise<readonly CheckResult[]> {
  const results: CheckResult[] = [];
  for (const { rule, name, run } of checks) {
    const error: unknown = await run().then(
      () => undefined,
      (reason: unknown) => reason,
    );
    results.push({ rule, name, problems: problemsOf(error) });
  }
  return results;
}

function problemsOf(error: unknown): readonly string[] {
  if (error === undefined) return [];
  if (error instanceof ConformanceError) return error.problems;
  return [error instanceof Error ? error.message : 'it threw something that is no error'];
}

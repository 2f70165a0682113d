import { execFileSync } from 'node:child_process';

/** Runs the host's Python 3 with a script and JSON on standard input, and reads JSON from its output. */
export function python<T>(
  script: string,
  input: unknown = null,
  args: readonly string[] = [],
  env: Record<string, string> = {},
): T {
  try {
    const out = execFileSync('python3', ['-c', script, ...args], {
      // Nothing is written to a script that may end without reading.
      input: input === null ? '' : JSON.stringify(input),
      maxBuffer: 256 * 1024 * 1024,
      env: { PATH: process.env['PATH'], ...env },
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    return JSON.parse(out.toString('utf8')) as T;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') {
      throw new Error('this test needs python3 with pip: apt-get install python3 python3-pip', {
        cause: error,
      });
    }
    throw error;
  }
}

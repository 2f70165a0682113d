import { isMlcError, mlcError, type MlcError } from '@mlcontainer/plugin-kit';

/** How the process ends when it was interrupted: by SIGINT, and by SIGTERM (128 + signal). */
export const INTERRUPTED = 130;
export const TERMINATED = 143;

/** Any failure as one with a code. */
export function coded(error: unknown): MlcError {
  if (isMlcError(error)) return error;
  const detail = error instanceof Error ? error.message || error.name : String(error);
  return mlcError('MLC1199', { detail }, { cause: error });
}

/** A failure as data, for `--json` and for scripts; the same fields as the error pages. */
export function errorDocument(error: MlcError, debug: boolean): object {
  const { code, title, message, why, fix, docs, data, origin, exitCode } = error;
  return {
    schemaVersion: 1,
    error: {
      code,
      title,
      message,
      why,
      fix,
      docs,
      exitCode,
      data,
      ...(origin === undefined ? {} : { origin }),
      ...(debug ? { stacks: stacksOf(error) } : {}),
    },
  };
}

/** The stack of an error and of every cause below it. */
export function stacksOf(error: unknown): string[] {
  const stacks: string[] = [];
  const seen = new Set<unknown>();
  for (let current = error; current instanceof Error && !seen.has(current);) {
    seen.add(current);
    stacks.push(current.stack ?? current.message);
    current = current.cause;
  }
  return stacks;
}

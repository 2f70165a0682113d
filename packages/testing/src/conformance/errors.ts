import { catalogue, isMlcError } from '@mlcontainer/plugin-kit';

/**
 * What is wrong with an error that a hook throws: it must be an `MlcError` that says what, why and what to do, and
 * a code of ours must be in the catalogue.
 */
export function errorProblems(error: unknown, where: string): readonly string[] {
  if (!isMlcError(error)) return [`${where} threw ${describeError(error)} without a code`];
  const problems: string[] = [];
  if (error.code.startsWith('MLC') && !Object.hasOwn(catalogue, error.code)) {
    problems.push(`${where} threw ${error.code}, which is not in the catalogue`);
  }
  for (const part of ['code', 'message', 'why', 'fix'] as const) {
    if (error[part] === '') problems.push(`${where} threw ${error.code} with an empty ${part}`);
  }
  return problems;
}

/** An error for a message: its class and its first line. */
export function describeError(error: unknown): string {
  const name = error instanceof Error ? error.name : typeof error;
  const text = error instanceof Error ? error.message : String(error);
  return `${name} (${text.split('\n')[0]})`;
}

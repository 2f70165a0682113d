import { duplicates, isRecord, isText } from './contribution.ts';
import { relativePathProblem } from './paths.ts';

/** Everything in which the files that a target emitted break the contract. */
export function emissionProblems(value: unknown): readonly string[] {
  if (!Array.isArray(value) || value.length === 0) return ['it emitted no file'];
  const files: readonly unknown[] = value;
  return [
    ...files.flatMap((file, index) => fileProblems(file, `files[${index}]`)),
    ...duplicates(files.map((file) => (isRecord(file) ? String(file.path) : ''))).map(
      (path) => `two files have the path ${path}`,
    ),
  ];
}

function fileProblems(file: unknown, path: string): string[] {
  if (!isRecord(file)) return [`${path} is not a file`];
  const problems: string[] = [];
  const problem = relativePathProblem(file.path);
  if (problem !== undefined) problems.push(`${path}.path ${problem}: ${String(file.path)}`);
  if (!isText(file.text)) problems.push(`${path}.text is empty`);
  else if (!file.text.endsWith('\n')) problems.push(`${path}.text does not end with a newline`);
  else if (String(file.path).endsWith('.json') && !isJson(file.text))
    problems.push(`${path}.text is not JSON`);
  return problems;
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** Everything in which the changes that a target asks for break the contract. */
export function editProblems(value: unknown): readonly string[] {
  if (!Array.isArray(value)) return ['it is not a list of edits'];
  return value.flatMap((edit, index) => oneEditProblems(edit, `edits[${index}]`));
}

const EDIT_TEXTS: Readonly<Record<string, readonly string[]>> = {
  setEnv: ['name', 'reason'],
  setLabel: ['name', 'reason'],
  refuse: ['what', 'remedy', 'reason'],
};

function oneEditProblems(edit: unknown, path: string): string[] {
  if (!isRecord(edit)) return [`${path} is not an edit`];
  const texts = Object.hasOwn(EDIT_TEXTS, String(edit.edit))
    ? EDIT_TEXTS[String(edit.edit)]
    : undefined;
  if (texts === undefined) return [`${path}.edit is ${String(edit.edit)}`];
  const empty = texts
    .filter((name) => !isText(edit[name]))
    .map((name) => `${path}.${name} is empty`);
  const noValue =
    edit.edit !== 'refuse' && typeof edit.value !== 'string'
      ? [`${path}.value is not a string`]
      : [];
  return [...empty, ...noValue];
}

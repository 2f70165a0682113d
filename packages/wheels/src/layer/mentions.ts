const WORD = /\btests?\b/g;
/** What stands in the list of an import after the word: names, and comments up to the end of their line. */
const NAMES = /(?:[\w\s.,*()\\]+|#[^\n]*\n)*/y;
const STATEMENT = /^[ \t]*(?:from|import)\b/;
const IMPORT = 'import';

/**
 * Whether `importedModules` may find a module with `test` or `tests` in its name: a look at the places where a source
 * says so, of which most are prose. Right where it says no, which is what it spares.
 */
export function mayImportTests(source: string): boolean {
  let next = source.indexOf(IMPORT);
  let listEnd = 0;
  for (const { index } of source.matchAll(WORD)) {
    for (; next >= 0 && next < index; next = source.indexOf(IMPORT, next + 1))
      listEnd = endOfNames(source, next + IMPORT.length);
    if (index <= listEnd || isInStatement(source, index) || isInString(source, index)) return true;
  }
  return false;
}

function endOfNames(source: string, start: number): number {
  NAMES.lastIndex = start;
  NAMES.exec(source);
  return NAMES.lastIndex;
}

/** `from a.tests import b` and `import a.tests` say it on their first line. */
function isInStatement(source: string, index: number): boolean {
  return STATEMENT.test(source.slice(source.lastIndexOf('\n', index) + 1, index));
}

/** `"a.tests.b"`: nothing but the name of a module stands before it. */
function isInString(source: string, index: number): boolean {
  let start = index;
  while (start > 0 && /[\w.]/.test(source[start - 1] ?? '')) start -= 1;
  return /["']/.test(source[start - 1] ?? '');
}

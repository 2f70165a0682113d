import { expect, test } from 'vitest';
import { requirementLines } from './requirements.ts';

test('comments, blank lines, continuations and hashes go, requirements stay', () => {
  const text =
    '# pins\npandas>=2 \\\n  --hash=sha256:aa --hash=sha256:bb\n\nrequests ; python_version<"4" # why\n';
  expect(requirementLines(text, 'r.txt')).toEqual(['pandas>=2', 'requests ; python_version<"4"']);
});

test('a fragment of a direct reference is no comment', () => {
  expect(requirementLines('x @ file:///a/x.whl#sha256=1', 'r.txt')).toEqual([
    'x @ file:///a/x.whl#sha256=1',
  ]);
});

test.each(['-r other.txt', '--index-url x', '-e .'])('an option of pip is refused: %s', (line) => {
  expect(() => requirementLines(line, 'r.txt')).toThrow(
    expect.objectContaining({ code: 'MLC2109' }),
  );
});

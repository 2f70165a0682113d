/** What is wrong with a path in the image, which is absolute or starts with `{site}`; undefined where nothing is. */
export function imagePathProblem(path: unknown): string | undefined {
  if (typeof path !== 'string') return 'is not a string';
  const inside = path.startsWith('{site}/') ? path.slice('{site}'.length) : path;
  if (!inside.startsWith('/')) return 'is neither absolute nor below {site}';
  return segmentProblem(inside.slice(1));
}

/** What is wrong with a path relative to a folder of ours; undefined where nothing is. */
export function relativePathProblem(path: unknown): string | undefined {
  if (typeof path !== 'string') return 'is not a string';
  if (path.startsWith('/') || /^[A-Za-z]:/.test(path)) return 'is absolute';
  return segmentProblem(path);
}

function segmentProblem(path: string): string | undefined {
  // eslint-disable-next-line no-control-regex -- control characters are what is looked for
  if (/[\\\u0000-\u001f\u007f]/.test(path)) return 'has a backslash or a control character';
  const segments = path.split('/');
  if (segments.includes('..')) return 'leaves its folder';
  return segments.some((segment) => segment === '' || segment === '.')
    ? 'is not in its shortest form'
    : undefined;
}

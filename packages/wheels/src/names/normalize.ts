/** The normalised name of a project: lower case, runs of `-_.` become one dash (PEP 503, Normalized Names). */
export function normalizeName(name: string): string {
  return name.replace(/[-_.]+/g, '-').toLowerCase();
}

const VERSION =
  /^v?(?:(\d+)!)?(\d+(?:\.\d+)*)(?:[-_.]?(a|b|c|rc|alpha|beta|pre|preview)[-_.]?(\d*))?(?:-(\d+)|[-_.]?(post|rev|r)[-_.]?(\d*))?(?:[-_.]?(dev)[-_.]?(\d*))?(?:\+([a-z0-9]+(?:[-_.][a-z0-9]+)*))?$/;

const PRE: Readonly<Record<string, string>> = {
  alpha: 'a',
  beta: 'b',
  c: 'rc',
  pre: 'rc',
  preview: 'rc',
};

/**
 * The normal form of a version (PEP 440, Normalization), with trailing zeros of the release left out so that
 * `1.0` and `1` compare equal. A text that is no PEP 440 version comes back trimmed and in lower case.
 */
export function normalizeVersion(version: string): string {
  const text = version.trim().toLowerCase();
  const match = VERSION.exec(text);
  if (!match) return text;
  const [, epoch, release = '', pre, preNumber, implicitPost, post, postNumber, dev, devNumber] =
    match;
  const local = match[10];
  return [
    epoch !== undefined && Number(epoch) !== 0 ? `${BigInt(epoch)}!` : '',
    normalizeRelease(release),
    pre === undefined ? '' : `${PRE[pre] ?? pre}${integer(preNumber)}`,
    implicitPost === undefined ? '' : `.post${integer(implicitPost)}`,
    post === undefined ? '' : `.post${integer(postNumber)}`,
    dev === undefined ? '' : `.dev${integer(devNumber)}`,
    local === undefined ? '' : `+${normalizeLocal(local)}`,
  ].join('');
}

function normalizeRelease(release: string): string {
  const parts = release.split('.').map(integer);
  while (parts.length > 1 && parts.at(-1) === '0') parts.pop();
  return parts.join('.');
}

function normalizeLocal(local: string): string {
  return local
    .split(/[-_.]/)
    .map((part) => (/^\d+$/.test(part) ? integer(part) : part))
    .join('.');
}

function integer(digits: string | undefined): string {
  return BigInt(digits || '0').toString();
}

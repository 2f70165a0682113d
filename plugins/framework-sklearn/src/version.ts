/** A version of PEP 440: epoch, release, and what comes before or after it. Local labels are kept for `==`. */
export interface Version {
  readonly epoch: number;
  readonly release: readonly number[];
  /** Order among versions of one release: dev, then a, b, rc, then the release, then post. */
  readonly stage: readonly [kind: number, number: number];
  readonly local: string;
}

const PATTERN =
  /^v?(?:(\d+)!)?(\d+(?:\.\d+)*)[-_.]?(?:(a|alpha|b|beta|c|rc|pre|preview)[-_.]?(\d*)|(?:(post|rev|r)[-_.]?|-)(\d+)|(dev)[-_.]?(\d*))?(?:\+([a-z0-9.]+))?$/i;
const STAGES: Readonly<Record<string, number>> = {
  dev: 0,
  a: 1,
  alpha: 1,
  b: 2,
  beta: 2,
  c: 3,
  rc: 3,
  pre: 3,
  preview: 3,
  post: 5,
  rev: 5,
  r: 5,
};
const FINAL = 4;

/** Parses a version; undefined where it is none, or of a form that scikit-learn never had (a pre-release of a post-release). */
export function parseVersion(text: string): Version | undefined {
  const match = PATTERN.exec(text.trim());
  if (match === null) return undefined;
  const [, epoch, release, pre, preNumber, post, postNumber, dev, devNumber, local] = match;
  const word = (pre ?? post ?? dev ?? '').toLowerCase();
  const number = Number(preNumber ?? postNumber ?? devNumber ?? 0);
  return {
    epoch: Number(epoch ?? 0),
    release: release!.split('.').map(Number),
    stage: [
      postNumber !== undefined && post === undefined ? STAGES['post']! : (STAGES[word] ?? FINAL),
      number,
    ],
    local: local ?? '',
  };
}

function compareReleases(a: readonly number[], b: readonly number[]): number {
  for (let i = 0; i < Math.max(a.length, b.length); i++) {
    const difference = (a[i] ?? 0) - (b[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

/** Negative, 0 or positive, as `Array.sort` wants it; local labels do not count. */
export function compareVersions(a: Version, b: Version): number {
  return (
    a.epoch - b.epoch ||
    compareReleases(a.release, b.release) ||
    a.stage[0] - b.stage[0] ||
    a.stage[1] - b.stage[1]
  );
}

function startsWith(version: Version, prefix: Version): boolean {
  return (
    version.epoch === prefix.epoch &&
    prefix.release.every((part, i) => (version.release[i] ?? 0) === part)
  );
}

/** Whether a version fulfils one clause (PEP 440, "Version specifiers"); a clause that is none is never fulfilled. */
export function satisfies(version: Version, clause: string): boolean {
  const match = /^(===|==|!=|<=|>=|~=|<|>)\s*(.+?)(\.\*)?$/.exec(clause.trim());
  const wanted = match === null ? undefined : parseVersion(match[2]!);
  if (match === null || wanted === undefined) return false;
  const order = compareVersions(version, wanted);
  if (match[3] !== undefined) return startsWith(version, wanted) === (match[1] === '==');
  switch (match[1]) {
    case '!=':
      return order !== 0;
    case '<=':
      return order <= 0;
    case '>=':
      return order >= 0;
    case '<':
      return order < 0;
    case '>':
      return order > 0;
    case '~=':
      return order >= 0 && startsWith(version, { ...wanted, release: wanted.release.slice(0, -1) });
    default:
      return order === 0 && (wanted.local === '' || wanted.local === version.local);
  }
}

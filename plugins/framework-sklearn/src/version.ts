/** A version of PEP 440: epoch, release, and what comes before or after it. Local labels are kept for `==`. */
export interface Version {
  readonly epoch: number;
  readonly release: readonly number[];
  /** Order among versions of one release: dev, then a, b, rc, then the release, then post. */
  readonly stage: readonly [kind: number, number: number];
  readonly local: string;
  /** As it was written. */
  readonly text: string;
}

const PATTERN = new RegExp(
  [
    /^v?(?:(?<epoch>\d+)!)?(?<release>\d+(?:\.\d+)*)/,
    /(?:[-_.]?(?<word>alpha|beta|preview|pre|post|rev|dev|rc|a|b|c|r)[-_.]?(?<number>\d*)|-(?<post>\d+))?/,
    /(?:\+(?<local>[a-z0-9]+(?:[-_.][a-z0-9]+)*))?$/,
  ]
    .map((part) => part.source)
    .join(''),
  'i',
);
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
  const parts = PATTERN.exec(text)?.groups;
  if (parts === undefined) return undefined;
  const word = parts['post'] === undefined ? parts['word']?.toLowerCase() : 'post';
  return {
    epoch: Number(parts['epoch'] ?? 0),
    release: parts['release']!.split('.').map(Number),
    stage: [
      word === undefined ? FINAL : STAGES[word]!,
      Number(parts['post'] ?? parts['number'] ?? 0),
    ],
    local: parts['local'] ?? '',
    text,
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

/** Whether a version is another version of the same release: `1.0rc1` and `1.0.post1` of `1.0`. */
const sameRelease = (a: Version, b: Version) =>
  a.epoch === b.epoch && compareReleases(a.release, b.release) === 0;

type Operator = (version: Version, wanted: Version, order: number) => boolean;

const OPERATORS: Readonly<Record<string, Operator>> = {
  '===': (version, wanted) => version.text.toLowerCase() === wanted.text.toLowerCase(),
  '==': (version, wanted, order) =>
    order === 0 && (wanted.local === '' || wanted.local === version.local),
  '!=': (version, wanted, order) =>
    order !== 0 || (wanted.local !== '' && wanted.local !== version.local),
  '<=': (_, __, order) => order <= 0,
  '>=': (_, __, order) => order >= 0,
  // A pre-release is not before its release, nor a post-release behind it, unless one of the kind is asked for.
  '<': (version, wanted, order) =>
    order < 0 &&
    !(version.stage[0] < FINAL && wanted.stage[0] >= FINAL && sameRelease(version, wanted)),
  '>': (version, wanted, order) =>
    order > 0 &&
    !(version.stage[0] > FINAL && wanted.stage[0] <= FINAL && sameRelease(version, wanted)),
  '~=': (version, wanted, order) =>
    wanted.release.length > 1 &&
    order >= 0 &&
    startsWith(version, { ...wanted, release: wanted.release.slice(0, -1) }),
};

/** Whether a version fulfils one clause (PEP 440, "Version specifiers"); a clause that is none is never fulfilled. */
export function satisfies(version: Version, clause: string): boolean {
  const match = /^(===|==|!=|<=|>=|~=|<|>)\s*(.+?)(\.\*)?$/.exec(clause.trim());
  const wanted = match === null ? undefined : parseVersion(match[2]!);
  if (match === null || wanted === undefined) return false;
  const operator = match[1]!;
  if (match[3] === undefined)
    return OPERATORS[operator]!(version, wanted, compareVersions(version, wanted));
  return (
    (operator === '==' || operator === '!=') && startsWith(version, wanted) === (operator === '==')
  );
}

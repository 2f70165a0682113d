import { compareVersions, parseVersion, type Version } from './version.ts';

/**
 * CPython versions (3.x) that have manylinux wheels of each scikit-learn release, on amd64 and arm64 alike. Source: the
 * file lists of the releases on PyPI, read in November 2026. A newer release is not in the table, and is left to the
 * resolver.
 */
const WHEELS: readonly (readonly [
  first: string,
  last: string,
  python: readonly [from: number, to: number],
])[] = [
  ['1.0', '1.0.1', [7, 9]],
  ['1.0.2', '1.0.2', [7, 10]],
  ['1.1.0', '1.1.2', [8, 10]],
  ['1.1.3', '1.3.0', [8, 11]],
  ['1.3.1', '1.3.2', [8, 12]],
  ['1.4.0', '1.5.1', [9, 12]],
  ['1.5.2', '1.6.1', [9, 13]],
  ['1.7.0', '1.7.1', [10, 13]],
  ['1.7.2', '1.7.2', [10, 14]],
  ['1.8.0', '1.9.0', [11, 14]],
  ['1.9.1', '1.9.1', [11, 15]],
];

/** The first release whose wheels were built for numpy 2 (scikit-learn's changelog, 1.4.2); older ones crash with it. */
const FIRST_FOR_NUMPY_2 = '1.4.2';

function between(version: Version, first: string, last: string): boolean {
  return (
    compareVersions(version, parsed(first)) >= 0 && compareVersions(version, parsed(last)) <= 0
  );
}

function parsed(text: string): Version {
  const version = parseVersion(text);
  if (version === undefined) throw new RangeError(`not a version: ${text}`);
  return version;
}

/** `3.8`, `3.9`, …: the Pythons with wheels of a release; undefined where the table does not know it. */
export function pythonsOf(release: string): readonly string[] | undefined {
  const version = parsed(release);
  const row = WHEELS.find(([first, last]) => between(version, first, last));
  if (row === undefined) return compareVersions(version, parsed('1.0')) < 0 ? [] : undefined;
  const [from, to] = row[2];
  return Array.from({ length: to - from + 1 }, (_, i) => `3.${from + i}`);
}

/** The numpy requirement that a release's own metadata is silent about. */
export function numpyCeiling(release: string): string | undefined {
  return compareVersions(parsed(release), parsed(FIRST_FOR_NUMPY_2)) < 0 ? 'numpy<2' : undefined;
}

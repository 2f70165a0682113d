import type { Platform } from '@mlcontainer/plugin-kit';
import type { WheelFileName } from './wheel-file.ts';

/** What decides which wheels run: the image's CPython, its glibc, the platform. */
export interface TagTarget {
  /** `3.11` */
  readonly pythonVersion: string;
  readonly platform: Platform;
  /** `2.36` */
  readonly glibc: string;
}

const MACHINES = { amd64: 'x86_64', arm64: 'aarch64' } as const;

/** The machine's name in platform tags and in `uname -m`. */
export function machineOf(platform: Platform): 'x86_64' | 'aarch64' {
  return MACHINES[platform.architecture];
}

/** Old names of manylinux profiles (PEP 513, 571, 599) by glibc minor. */
const LEGACY: Readonly<Record<number, string>> = {
  5: 'manylinux1',
  12: 'manylinux2010',
  17: 'manylinux2014',
};

/**
 * Platform tags from the best to the least (PEP 600): the newest glibc first, legacy aliases after their
 * profile, plain `linux` last, as `packaging.tags` orders them.
 */
export function platformTags(target: TagTarget): string[] {
  const machine = machineOf(target.platform);
  const [major, minor] = target.glibc.split('.').map(Number);
  if (major !== 2 || minor === undefined) throw new RangeError(`glibc ${target.glibc} is not 2.x`);
  const oldest = machine === 'x86_64' ? 5 : 17;
  const tags: string[] = [];
  for (let glibc = minor; glibc >= oldest; glibc -= 1) {
    tags.push(`manylinux_2_${glibc}_${machine}`);
    const legacy = LEGACY[glibc];
    if (legacy) tags.push(`${legacy}_${machine}`);
  }
  return [...tags, `linux_${machine}`];
}

/**
 * Every tag a CPython of that version supports, the best first: `packaging.tags.cpython_tags` followed by
 * `compatible_tags` (PEP 425; PEP 384 for abi3).
 */
export function supportedTags(target: TagTarget): string[] {
  const [major, minor] = target.pythonVersion.split('.').map(Number);
  if (major !== 3 || minor === undefined)
    throw new RangeError(`Python ${target.pythonVersion} is not 3.x`);
  const platforms = platformTags(target);
  const cp = `cp3${minor}`;
  const each = (python: string, abi: string) => platforms.map((p) => `${python}-${abi}-${p}`);
  const older = (from: number, to: number) =>
    Array.from({ length: Math.max(0, from - to + 1) }, (_, i) => from - i);
  return [
    ...each(cp, cp),
    ...each(cp, 'abi3'),
    ...each(cp, 'none'),
    ...older(minor - 1, 2).flatMap((m) => each(`cp3${m}`, 'abi3')),
    ...each(`py3${minor}`, 'none'),
    ...each('py3', 'none'),
    ...older(minor - 1, 0).flatMap((m) => each(`py3${m}`, 'none')),
    `${cp}-none-any`,
    `py3${minor}-none-any`,
    'py3-none-any',
    ...older(minor - 1, 0).map((m) => `py3${m}-none-any`),
  ];
}

/** Place of every supported tag, 0 the best. */
export function tagRanks(target: TagTarget): ReadonlyMap<string, number> {
  return new Map(supportedTags(target).map((tag, rank) => [tag, rank]));
}

/** The rank of a wheel's best tag; undefined when none is supported. */
export function wheelRank(
  wheel: WheelFileName,
  ranks: ReadonlyMap<string, number>,
): number | undefined {
  const found = wheel.tags.flatMap((tag) => ranks.get(tag) ?? []);
  return found.length > 0 ? Math.min(...found) : undefined;
}

/**
 * The one wheel to take: best tag first, then the highest build tag, then the file name, so that the order in
 * which an index lists files decides nothing. Undefined when none fits.
 */
export function bestWheel<T extends { readonly parsed: WheelFileName }>(
  candidates: readonly T[],
  ranks: ReadonlyMap<string, number>,
): T | undefined {
  return candidates
    .flatMap((candidate) => {
      const rank = wheelRank(candidate.parsed, ranks);
      return rank === undefined ? [] : [{ candidate, rank }];
    })
    .sort(
      (a, b) =>
        a.rank - b.rank ||
        compareBuild(b.candidate.parsed.build, a.candidate.parsed.build) ||
        (a.candidate.parsed.file < b.candidate.parsed.file ? -1 : 1),
    )[0]?.candidate;
}

function compareBuild(a: WheelFileName['build'], b: WheelFileName['build']): number {
  const [an = -1, at = ''] = a;
  const [bn = -1, bt = ''] = b;
  return an - bn || (at < bt ? -1 : at > bt ? 1 : 0);
}

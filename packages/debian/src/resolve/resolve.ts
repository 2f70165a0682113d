import { mlcError } from '@mlcontainer/plugin-kit';
import { fetchIndexes } from '../archive/fetch-index.ts';
import { fetchRelease, type ReleaseRequest, type SignedRelease } from '../archive/fetch-release.ts';
import type { FetchContext } from '../archive/fetch.ts';
import { trustedKeys } from '../archive/keyring.ts';
import type {
  DebianArchitecture,
  DebianLock,
  LockedDeb,
  OmittedDependency,
  Suite,
} from '../lock.ts';
import {
  atSnapshot,
  mainMirror,
  snapshotDate,
  snapshotTimestamp,
  type MirrorSettings,
} from '../mirrors/settings.ts';
import { basePackages, pythonPackages } from '../python/packages.ts';
import { omissionReason } from './omitted.ts';
import { createPool, type Candidate } from './pool.ts';
import { solve, type Choice, type Root, type Solution } from './solve.ts';

/** What is wanted of which suite, for one architecture. */
export interface ResolveRequest {
  readonly suite: Suite;
  readonly architecture: DebianArchitecture;
  /** Packages besides those of base and Python, which are always laid; naming these again does no harm. */
  readonly packages: readonly string[];
  readonly mirrors: MirrorSettings;
  /** Trusted instead of the shipped Debian keys: OpenPGP, armored or binary. */
  readonly keyring?: Uint8Array;
  /** Moment of the snapshot service (`20261122T113103Z`); now, when left out. Without effect on other mirrors. */
  readonly snapshot?: string;
  /** Instead of `basePackages(suite)`: for a root of one's own. */
  readonly base?: readonly string[];
  /** Instead of `pythonPackages(suite).packages`. */
  readonly python?: readonly string[];
}

/**
 * Fetches the signed indexes of the suite, its updates and its security updates, and resolves the packages of an
 * image. Throws MLC4001 to MLC4023 and MLC7xxx.
 */
export async function resolveDebian(
  request: ResolveRequest,
  cx: FetchContext,
): Promise<DebianLock> {
  const { suite, architecture } = request;
  const { mirrors, at, snapshot } = momentOf(request, cx);
  const keys = await trustedKeys(request.keyring);
  const { acceptExpired } = mirrors;
  const wanted = releaseRequests(suite, mirrors).map((one) => ({
    ...one,
    keys,
    at,
    acceptExpired,
  }));
  const releases = await allInOrder(wanted.map((one) => fetchRelease(one, cx)));
  // One after the other: decompressing is the work, and each index is large while it is read.
  const indexes = [];
  for (const release of releases) indexes.push(...(await fetchIndexes(release, architecture, cx)));
  const solution = solve(
    createPool(indexes),
    rootsOf(request),
    { suite, architecture },
    omissionReason,
  );
  return {
    suite,
    architecture,
    ...(snapshot !== undefined && { snapshot }),
    release: releases.map(lockedRelease),
    packages: [...solution.chosen.values()]
      .map((choice) => lockedDeb(choice, request))
      .toSorted(byName),
    omitted: omittedOf(solution),
  };
}

/** All at once; of several failures always the first in order, so that the same trouble has the same error. */
async function allInOrder<T>(promises: readonly Promise<T>[]): Promise<T[]> {
  const settled = await Promise.allSettled(promises);
  return settled.map((one) => {
    if (one.status === 'rejected') throw one.reason;
    return one.value;
  });
}

/** The snapshot service is pinned to a moment, and its files must have been valid then, not today. */
function momentOf(
  request: ResolveRequest,
  cx: FetchContext,
): { mirrors: MirrorSettings; at: Date; snapshot?: string } {
  const now = cx.ports.clock.now();
  if (request.mirrors.debian?.source !== 'snapshot') return { mirrors: request.mirrors, at: now };
  const snapshot = request.snapshot ?? snapshotTimestamp(now);
  return { mirrors: atSnapshot(request.mirrors, snapshot), at: snapshotDate(snapshot), snapshot };
}

type WantedRelease = Pick<ReleaseRequest, 'archive' | 'suite' | 'mirror'>;

function releaseRequests(suite: Suite, mirrors: MirrorSettings): WantedRelease[] {
  const { security, updates } = mirrors;
  const debian = mainMirror(mirrors);
  const wanted: WantedRelease[] = [{ archive: 'debian', suite, mirror: debian }];
  if (updates) wanted.push({ archive: 'debian', suite: `${suite}-updates`, mirror: debian });
  if (security)
    wanted.push({ archive: 'debian-security', suite: `${suite}-security`, mirror: security });
  return wanted;
}

function rootsOf(request: ResolveRequest): Root[] {
  const base = request.base ?? basePackages(request.suite);
  const python = request.python ?? pythonPackages(request.suite).packages;
  return [
    ...base.map((name): Root => ({ name, group: 'system', origin: '@base' })),
    ...python.map((name): Root => ({ name, group: 'runtime', origin: '@python' })),
    ...request.packages
      .filter((name) => !base.includes(name) && !python.includes(name))
      .map((name): Root => ({ name, group: 'extra', origin: '@config' })),
  ];
}

function lockedRelease(signed: SignedRelease): DebianLock['release'][number] {
  const { archive, suite, release, sha256 } = signed;
  return { archive, suite, date: release.date.toISOString(), sha256 };
}

function lockedDeb(choice: Choice, request: ResolveRequest): LockedDeb {
  const { candidate, group, requiredBy } = choice;
  const { name, version, archive } = candidate;
  return {
    name,
    version,
    architecture: architectureOf(candidate, request.architecture),
    archive,
    file: field(candidate, 'filename', /^(?!.*\.\.)[A-Za-z0-9][A-Za-z0-9._+~:%@/-]*\.deb$/),
    sha256: field(candidate, 'sha256', /^[0-9a-f]{64}$/),
    size: Number(field(candidate, 'size', /^\d{1,15}$/)),
    group,
    requiredBy: [...requiredBy].toSorted(),
  };
}

function architectureOf(
  candidate: Candidate,
  expected: DebianArchitecture,
): LockedDeb['architecture'] {
  const { architecture } = candidate;
  if (architecture === 'all' || architecture === expected) return architecture;
  throw malformed(candidate, `the architecture ${architecture}`);
}

function field(candidate: Candidate, name: string, form: RegExp): string {
  const value = candidate.fields.get(name) ?? '';
  if (form.test(value)) return value;
  throw malformed(candidate, value === '' ? `no ${name}` : `the ${name} ${JSON.stringify(value)}`);
}

function malformed(candidate: Candidate, detail: string): Error {
  return mlcError('MLC4012', {
    where: `The index paragraph of ${candidate.name}`,
    line: 1,
    detail,
  });
}

function omittedOf(solution: Solution): OmittedDependency[] {
  return [...solution.omitted]
    .map(([name, { reason, requiredBy }]) => ({
      name,
      requiredBy: [...requiredBy].toSorted(),
      reason,
    }))
    .toSorted(byName);
}

function byName(a: { readonly name: string }, b: { readonly name: string }): number {
  return a.name < b.name ? -1 : a.name > b.name ? 1 : 0;
}

import { createHash } from 'node:crypto';
import { mlcError } from '@mlcontainer/plugin-kit';
import type { PublicKey } from 'openpgp';
import { withoutCredentials, type ArchiveName, type Mirror } from '../mirrors/settings.ts';
import { below, readAll, requestFile, type FetchContext } from './fetch.ts';
import { parseRelease, type Release } from './release.ts';
import { verifyClearsigned } from './verify.ts';

/** One suite of one archive, and how strictly its age is judged. */
export interface ReleaseRequest {
  readonly archive: ArchiveName;
  /** As under `dists/`: `bookworm`, `bookworm-updates`, `bookworm-security`. */
  readonly suite: string;
  readonly mirror: Mirror;
  readonly keys: readonly PublicKey[];
  /** The moment at which the file must be valid: now, or that of a snapshot. */
  readonly at: Date;
  readonly acceptExpired: boolean;
}

/** A verified release file. */
export interface SignedRelease {
  readonly archive: ArchiveName;
  readonly suite: string;
  readonly mirror: Mirror;
  readonly release: Release;
  /** Of the whole InRelease file, hex. */
  readonly sha256: string;
  /** Fingerprints of the keys whose signatures held. */
  readonly signers: readonly string[];
}

const INRELEASE_LIMIT = 16 << 20;
/** A clock may be behind by this much before a file counts as one from the future. Milliseconds. */
const CLOCK_SKEW = 10 * 60_000;
/** Machines behind one mirror name lag behind each other by this much. Milliseconds. */
const MIRROR_LAG = 48 * 3_600_000;

/**
 * Fetches and verifies one InRelease file: frame, signature, suite, age, and that the mirror did not go back in
 * time. Source: apt-secure(8). Throws MLC4001 to MLC4011 and MLC7xxx.
 */
export async function fetchRelease(
  request: ReleaseRequest,
  cx: FetchContext,
): Promise<SignedRelease> {
  const address = below(request.mirror.url, `dists/${request.suite}/InRelease`);
  const url = withoutCredentials(address);
  const response = await requestFile(address, 'Debian release file', cx);
  if ('missing' in response) {
    throw mlcError('MLC4010', { url, archive: request.suite, status: response.missing });
  }
  const file = await readAll(response, INRELEASE_LIMIT);
  const { text, signers } = await verifyClearsigned(file, {
    url,
    keys: request.keys,
    at: request.at,
  });
  const release = parseRelease(text, url);
  checkSuite(release, request.suite, url);
  checkAge(release, request, url);
  await checkRollback(release, request, url, cx);
  const sha256 = createHash('sha256').update(file).digest('hex');
  const { archive, suite, mirror } = request;
  return {
    archive,
    suite,
    mirror,
    release,
    sha256,
    signers: signers.map((signer) => signer.fingerprint),
  };
}

/** `Suite` is a role that moves (stable, oldstable); the codename stays, so it is the one that must match. */
function checkSuite(release: Release, expected: string, url: string): void {
  if (release.codename === expected || (release.codename === '' && release.suite === expected))
    return;
  throw mlcError('MLC4007', {
    url,
    expected,
    actual: release.codename || release.suite || 'nothing',
  });
}

function checkAge(release: Release, { at, acceptExpired }: ReleaseRequest, url: string): void {
  if (release.date.getTime() > at.getTime() + CLOCK_SKEW) {
    throw mlcError('MLC4006', { url, date: release.date.toISOString(), now: at.toISOString() });
  }
  if (acceptExpired || release.validUntil === undefined || release.validUntil >= at) return;
  throw mlcError('MLC4005', {
    url,
    validUntil: release.validUntil.toISOString(),
    now: at.toISOString(),
  });
}

/** Stable suites have no expiry, so what this mirror served before is the only measure of freshness. */
async function checkRollback(
  release: Release,
  request: ReleaseRequest,
  url: string,
  cx: FetchContext,
): Promise<void> {
  if (request.mirror.source === 'snapshot') return;
  const kind = 'debian-release';
  const key = createHash('sha256').update(url).digest('hex');
  const seen = dateOf(await cx.ports.store.readRecord(kind, key));
  const date = release.date.toISOString();
  if (
    seen !== undefined &&
    !request.acceptExpired &&
    release.date.getTime() + MIRROR_LAG < seen.getTime()
  ) {
    throw mlcError('MLC4009', { url, date, seen: seen.toISOString() });
  }
  if (seen === undefined || release.date > seen)
    await cx.ports.store.writeRecord(kind, key, { date });
}

function dateOf(record: unknown): Date | undefined {
  if (typeof record !== 'object' || record === null || !('date' in record)) return undefined;
  const date = new Date(String(record.date));
  return Number.isNaN(date.getTime()) ? undefined : date;
}

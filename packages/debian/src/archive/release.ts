import { mlcError } from '@mlcontainer/plugin-kit';
import { parseDeb822, type Paragraph } from '../control/deb822.ts';

/** What a signed release file promises (Debian Wiki, DebianRepository/Format, "Release"). */
export interface Release {
  readonly suite: string;
  readonly codename: string;
  readonly date: Date;
  readonly validUntil?: Date;
  readonly acquireByHash: boolean;
  readonly architectures: readonly string[];
  /** Whether packages of architecture `all` have an index of their own that must be read too. */
  readonly separateAll: boolean;
  /** Path below `dists/<suite>/` → SHA-256 and size. */
  readonly files: ReadonlyMap<string, ReleaseFile>;
}

export interface ReleaseFile {
  readonly sha256: string;
  /** Bytes. */
  readonly size: number;
}

/** Parses the signed text of a release file. Throws MLC4011 and MLC4012. */
export function parseRelease(text: string, url: string): Release {
  const paragraphs = parseDeb822(text, url);
  const [fields] = paragraphs;
  if (fields === undefined || paragraphs.length > 1) {
    throw mlcError('MLC4011', { url, detail: `${paragraphs.length} paragraphs instead of one` });
  }
  const architectures = words(fields.get('architectures'));
  const validUntil = fields.get('valid-until');
  return {
    suite: fields.get('suite') ?? '',
    codename: fields.get('codename') ?? '',
    date: dateField(fields.get('date'), 'Date', url),
    ...(validUntil !== undefined && { validUntil: dateField(validUntil, 'Valid-Until', url) }),
    acquireByHash: fields.get('acquire-by-hash') === 'yes',
    architectures,
    separateAll: architectures.includes('all') && !embedsAll(fields),
    files: parseFiles(fields.get('sha256') ?? '', url),
  };
}

function embedsAll(fields: Paragraph): boolean {
  return words(fields.get('no-support-for-architecture-all')).includes('Packages');
}

function words(text: string | undefined): string[] {
  return (text ?? '').split(/\s+/).filter((word) => word !== '');
}

/** RFC 5322 dates in UTC; `Date.parse` alone would also take local times. */
function dateField(text: string | undefined, field: string, url: string): Date {
  const utc = /^\w{3}, +\d{1,2} \w{3} \d{4} \d{1,2}:\d{2}:\d{2} (UTC|GMT|Z|[+-]0000)$/;
  const time =
    text !== undefined && utc.test(text) ? Date.parse(text.replace(/Z$/, 'UTC')) : Number.NaN;
  if (!Number.isNaN(time)) return new Date(time);
  throw mlcError('MLC4011', {
    url,
    detail: `the field ${field} is ${text === undefined ? 'missing' : JSON.stringify(text)}`,
  });
}

function parseFiles(text: string, url: string): Map<string, ReleaseFile> {
  const files = new Map<string, ReleaseFile>();
  for (const line of text.split('\n')) {
    const [sha256 = '', size = '', path = '', ...rest] = words(line);
    if (sha256 === '') continue;
    if (
      !/^[0-9a-f]{64}$/.test(sha256) ||
      !/^\d{1,15}$/.test(size) ||
      !isSafe(path) ||
      rest.length > 0
    ) {
      throw mlcError('MLC4011', { url, detail: `the SHA256 line ${JSON.stringify(line.trim())}` });
    }
    files.set(path, { sha256, size: Number(size) });
  }
  return files;
}

function isSafe(path: string): boolean {
  return (
    /^[A-Za-z0-9._+~/@-]+$/.test(path) && !path.startsWith('/') && !path.split('/').includes('..')
  );
}

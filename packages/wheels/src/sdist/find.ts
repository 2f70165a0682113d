import { stat } from 'node:fs/promises';
import { mlcError } from '@mlcontainer/plugin-kit';
import { rememberAddress } from '../fetch/addresses.ts';
import { downloadFile } from '../fetch/download.ts';
import { listings, type FetchContext } from '../fetch/fetch-wheel.ts';
import { normalizeName, normalizeVersion } from '../names/normalize.ts';

/** A source distribution, found through whichever index is configured and proved by its hash. */
export interface LockedSource {
  /** Normalised (PEP 503). */
  readonly name: string;
  readonly version: string;
  /** File name; `.tar.gz` (PEP 625). */
  readonly file: string;
  /** Hex. */
  readonly sha256: string;
  /** Bytes. */
  readonly size: number;
}

/**
 * Finds the source distribution of one version and fetches it into the store. The first place that lists it decides,
 * as with wheels. Throws MLC5020 where nobody does, MLC5021, MLC7003.
 */
export async function fetchSource(
  name: string,
  version: string,
  cx: FetchContext,
): Promise<{ readonly source: LockedSource; readonly path: string }> {
  const wanted = { name: normalizeName(name), version: normalizeVersion(version) };
  const searched: string[] = [];
  for await (const { name: place, files = [] } of listings(wanted, cx)) {
    searched.push(place);
    const found = files.find(({ file }) => isSourceOf(file, wanted));
    if (found === undefined) continue;
    const { file, sha256 } = found;
    const expect = { name: file, ...(sha256 === undefined ? {} : { sha256 }) };
    const blob = await downloadFile(found, expect, cx);
    await rememberAddress(blob.sha256, found.url, cx);
    const { size } = await stat(blob.path);
    return { source: { ...wanted, file, sha256: blob.sha256, size }, path: blob.path };
  }
  throw mlcError('MLC5020', { name, file: `${name}-${version}.tar.gz`, searched });
}

/** `name-version.tar.gz`; older files have a name that is not normalised. */
function isSourceOf(file: string, wanted: { name: string; version: string }): boolean {
  const parts = /^(.+)-([^-]+)\.tar\.gz$/.exec(file);
  if (parts === null) return false;
  const [, name = '', version = ''] = parts;
  return normalizeName(name) === wanted.name && normalizeVersion(version) === wanted.version;
}

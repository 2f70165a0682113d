import { createReadStream } from 'node:fs';
import { mlcError, type HttpResponse } from '@mlcontainer/plugin-kit';
import { decompress, type Compression } from '../deb/decompress.ts';
import { withoutCredentials } from '../mirrors/settings.ts';
import { below, requestFile, type FetchContext } from './fetch.ts';
import type { SignedRelease } from './fetch-release.ts';
import { createCompactor } from './compact.ts';
import { indexPackages, type PackagesIndex } from './packages-index.ts';
import type { ReleaseFile } from './release.ts';

/** Smallest first; the uncompressed file is not on real mirrors. */
const FORMS: readonly Compression[] = ['.xz', '.gz', ''];
/** No index of Debian's comes near it. Bytes, uncompressed. */
const INDEX_LIMIT = 1 << 30;

/**
 * Fetches the Packages indexes of one release for an architecture, each proved by the hash in the signed file.
 * Packages of architecture `all` stand in the same index, or in one of their own where the release says so.
 * Throws MLC4008, MLC4012, MLC4015, MLC4033 and MLC7xxx.
 */
export async function fetchIndexes(
  signed: SignedRelease,
  architecture: string,
  cx: FetchContext,
): Promise<PackagesIndex[]> {
  const indexes = [await fetchIndex(signed, architecture, cx)];
  if (signed.release.separateAll) indexes.push(await fetchIndex(signed, 'all', cx));
  return indexes;
}

async function fetchIndex(
  signed: SignedRelease,
  architecture: string,
  cx: FetchContext,
): Promise<PackagesIndex> {
  const plain = `main/binary-${architecture}/Packages`;
  const { files } = signed.release;
  const form = FORMS.find((one) => files.has(plain + one));
  const listed = form === undefined ? undefined : files.get(plain + form);
  const where = withoutCredentials(below(signed.mirror.url, `dists/${signed.suite}/${plain}`));
  if (form === undefined || listed === undefined)
    throw mlcError('MLC4008', { url: where, file: plain });
  const stored = await storedIndex(signed, plain + form, listed, cx);
  const bytes = await unpack(stored, form, files.get(plain)?.size, where);
  return indexPackages(bytes, signed.archive, where);
}

/** The path in the store; fetched where it is not held. By hash first, as the plain name may be newer already. */
async function storedIndex(
  signed: SignedRelease,
  name: string,
  file: ReleaseFile,
  cx: FetchContext,
): Promise<string> {
  const held = await cx.ports.store.path(file.sha256);
  if (held !== undefined) return held;
  const base = below(signed.mirror.url, `dists/${signed.suite}`);
  const byHash = `${name.slice(0, name.lastIndexOf('/'))}/by-hash/SHA256/${file.sha256}`;
  const paths = signed.release.acquireByHash ? [byHash, name] : [name];
  for (const path of paths) {
    const response = await requestFile(below(base, path), 'Debian package index', cx);
    if ('missing' in response) continue;
    return await keep(response, name, file, cx);
  }
  throw mlcError('MLC4015', { url: withoutCredentials(below(base, name)), sha256: file.sha256 });
}

async function keep(
  response: HttpResponse,
  name: string,
  file: ReleaseFile,
  cx: FetchContext,
): Promise<string> {
  const { sha256, size } = file;
  const stored = await cx.ports.store.put(response.body, { sha256, size, name });
  return stored.path;
}

/** The fields that matter, uncompressed; as long before that as the release file says. */
async function unpack(
  path: string,
  form: Compression,
  size: number | undefined,
  name: string,
): Promise<Uint8Array> {
  const limit = size ?? INDEX_LIMIT;
  // Pages that are never written cost nothing, so the whole size may be set aside.
  const compactor = createCompactor(Math.min(limit, 64 << 20));
  let total = 0;
  for await (const chunk of decompress(
    createReadStream(path, { highWaterMark: 1 << 18 }),
    form,
    name,
  )) {
    total += chunk.length;
    if (total > limit) throw wrongSize(name, limit, total);
    compactor.push(chunk);
  }
  if (size !== undefined && total !== size) throw wrongSize(name, size, total);
  return compactor.finish();
}

function wrongSize(name: string, expected: number, actual: number): Error {
  return mlcError('MLC4033', { name, detail: `${actual} bytes instead of ${expected}` });
}

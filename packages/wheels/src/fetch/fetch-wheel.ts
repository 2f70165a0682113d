import { isMlcError, mlcError, type Ports } from '@mlcontainer/plugin-kit';
import type { Place } from '../settings/secret.ts';
import type { PythonSettings } from '../settings/settings.ts';
import { type ListedFile, linkedFiles, projectFiles } from '../simple/client.ts';
import { defaultIndex } from '../simple/default-index.ts';
import { withCredentials } from '../uv/complete.ts';
import type { LockedWheel } from '../uv/lock.ts';
import { recallAddress, rememberAddress } from './addresses.ts';
import { downloadFile } from './download.ts';

/** A file of a project: a wheel, or a source distribution. */
export type LockedFile = Pick<LockedWheel, 'name' | 'file' | 'sha256' | 'size'>;

/** What fetching a wheel takes. */
export interface FetchContext {
  readonly ports: Ports;
  readonly signal: AbortSignal;
  readonly settings: PythonSettings;
  /** A uv that is known already. */
  readonly uv?: { readonly path: string };
}

/**
 * The path in the store of a locked wheel, fetched where the store does not hold it: from the address learnt when it
 * was resolved on this machine, from find-links, then from the indexes in their order, at most one page a project
 * and index. The first place that lists the file decides; if it lists another hash, that is an error (MLC5023) and
 * no other place is asked, and so is a refusal (MLC5021). Throws MLC5004, MLC5020, MLC7003.
 */
export async function fetchWheel(wheel: LockedFile, cx: FetchContext): Promise<string> {
  const held = await cx.ports.store.path(wheel.sha256);
  if (held !== undefined) return held;
  const expect = { sha256: wheel.sha256, size: wheel.size, name: wheel.file };
  const known = await recallAddress(wheel.sha256, cx);
  if (known !== undefined) {
    const path = await unlessGone(
      downloadFile({ place: withCredentials(known, cx.settings) }, expect, cx),
    );
    if (path !== undefined) return path;
  }
  const found = await locate(wheel, cx);
  const blob = await downloadFile(found, expect, cx);
  await rememberAddress(wheel.sha256, found.url, cx);
  return blob.path;
}

/** An address may have moved since it was learnt; anything else is an error as ever. */
async function unlessGone(
  download: Promise<{ readonly path: string }>,
): Promise<string | undefined> {
  try {
    return (await download).path;
  } catch (error) {
    const code = isMlcError(error) ? error.code : undefined;
    const status = isMlcError(error) && code === 'MLC7002' ? error.data['status'] : undefined;
    // Not allowed by itself, it may be as what the index names.
    if (
      code === 'MLC7006' ||
      status === 404 ||
      status === 410 ||
      (error as { code?: unknown }).code === 'ENOENT'
    )
      return undefined;
    throw error;
  }
}

async function locate(wheel: LockedFile, cx: FetchContext): Promise<ListedFile> {
  const searched: string[] = [];
  for await (const { name, files } of listings(wheel, cx)) {
    searched.push(name);
    const file = files?.find((candidate) => candidate.file === wheel.file);
    if (!file) continue;
    if (file.sha256 !== undefined && file.sha256 !== wheel.sha256) {
      throw mlcError('MLC5023', {
        file: wheel.file,
        place: name,
        expected: wheel.sha256,
        actual: file.sha256,
      });
    }
    return file;
  }
  throw mlcError('MLC5020', { name: wheel.name, file: wheel.file, searched });
}

interface Listing {
  readonly name: string;
  readonly files: readonly ListedFile[] | undefined;
}

/** Places in the order of search; a place is only asked when those before it do not list the file. */
export async function* listings(
  wheel: Pick<LockedWheel, 'name'>,
  cx: FetchContext,
): AsyncGenerator<Listing> {
  const { settings } = cx;
  for (const { value } of settings.findLinks)
    yield { name: value.url, files: await linkedFiles(value, cx) };
  if (settings.noIndex.value) return;
  for (const { value } of settings.extraIndexes)
    yield { name: value.url, files: await projectFiles(value, wheel.name, cx) };
  const last = settings.defaultIndex?.value ?? (await toolDefault(cx));
  yield { name: last.url, files: await projectFiles(last, wheel.name, cx) };
}

async function toolDefault(cx: FetchContext): Promise<Place> {
  const url = await defaultIndex({
    ports: cx.ports,
    signal: cx.signal,
    env: cx.settings.env.reveal(),
    uv: cx.uv?.path,
  });
  if (url === undefined) throw mlcError('MLC5004', { detail: 'a wheel is to be fetched' });
  return { url };
}

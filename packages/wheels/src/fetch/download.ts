import { createReadStream } from 'node:fs';
import { fileURLToPath } from 'node:url';
import {
  mlcError,
  type Ports,
  type StoredBlob,
  type StoreExpectation,
} from '@mlcontainer/plugin-kit';
import { reach } from '../settings/reach.ts';
import { addressOf } from '../settings/secret.ts';
import type { PythonSettings } from '../settings/settings.ts';
import type { ListedFile } from '../simple/client.ts';

/** What a download takes. */
export interface DownloadContext {
  readonly ports: Pick<Ports, 'http' | 'store'>;
  readonly signal: AbortSignal;
  readonly settings: PythonSettings;
}

/**
 * Streams a listed file into the store. Throws MLC5021 on 401 and 403, MLC7002 on another refusal, MLC7003 or
 * MLC7004 when hash or size are others than expected.
 */
export async function downloadFile(
  from: Pick<ListedFile, 'place' | 'namedBy'>,
  expect: StoreExpectation,
  cx: DownloadContext,
): Promise<StoredBlob> {
  const url = addressOf(from.place);
  if (url.startsWith('file:'))
    return cx.ports.store.put(createReadStream(fileURLToPath(url)), expect);
  const response = await cx.ports.http.request({
    url,
    headers: { accept: '*/*', 'accept-encoding': 'identity' },
    purpose: 'wheel',
    signal: cx.signal,
    ...reach(cx.settings, url),
    ...(from.namedBy === undefined ? {} : { namedBy: from.namedBy }),
  });
  if (response.status === 200) return cx.ports.store.put(response.body, expect);
  await response.cancel();
  if (response.status === 401 || response.status === 403) {
    throw mlcError('MLC5021', { url: response.url, status: response.status });
  }
  throw mlcError('MLC7002', {
    purpose: 'wheel',
    url: response.url,
    status: response.status,
    detail: expect.name ?? '',
  });
}

import { createHash } from 'node:crypto';
import type { Ports } from '@mlcontainer/plugin-kit';
import type { PythonSettings } from '../settings/settings.ts';

interface AddressContext {
  readonly ports: Pick<Ports, 'store'>;
  readonly settings: PythonSettings;
}

const KIND = 'wheel-address';

/** Identifies where wheels come from, so that an address learnt through other indexes is not used. */
function originsOf(settings: PythonSettings): string {
  const places = [
    ...settings.extraIndexes,
    ...(settings.defaultIndex ? [settings.defaultIndex] : []),
    ...settings.findLinks,
  ];
  const text = JSON.stringify([settings.noIndex.value, ...places.map((place) => place.value.url)]);
  return createHash('sha256').update(text).digest('hex');
}

/** Keeps a wheel's address for this machine; one with a query is not kept, since that may be a token. */
export async function rememberAddress(
  sha256: string,
  url: string,
  cx: AddressContext,
): Promise<void> {
  if (new URL(url).search !== '') return;
  await cx.ports.store.writeRecord(KIND, sha256, { url, origins: originsOf(cx.settings) });
}

/** The address that was learnt for a wheel through the same indexes. */
export async function recallAddress(
  sha256: string,
  cx: AddressContext,
): Promise<string | undefined> {
  const record = (await cx.ports.store.readRecord(KIND, sha256)) as
    { url?: unknown; origins?: unknown } | undefined;
  const { url, origins } = record ?? {};
  return typeof url === 'string' && URL.canParse(url) && origins === originsOf(cx.settings)
    ? url
    : undefined;
}

import { stat } from 'node:fs/promises';
import { createReadStream } from 'node:fs';
import { createHash } from 'node:crypto';
import type { Ports } from '@mlcontainer/plugin-kit';
import { downloadFile } from '../fetch/download.ts';
import { rememberAddress } from '../fetch/addresses.ts';
import { reach } from '../settings/reach.ts';
import { addressOf, type Place, secret } from '../settings/secret.ts';
import type { PythonSettings } from '../settings/settings.ts';
import { localFile, type PylockWheel } from './pylock.ts';

interface CompleteContext {
  readonly ports: Ports;
  readonly signal: AbortSignal;
  readonly settings: PythonSettings;
}

/**
 * Adds hash and size where the index gave none: a local file is measured, a remote one asked for its length, and
 * one without a hash fetched. The address is remembered for this machine, never in the lock.
 */
export async function completeWheel(wheel: PylockWheel, cx: CompleteContext) {
  const complete = { ...wheel, ...(await measure(wheel, cx)) };
  await rememberAddress(complete.sha256, wheel.url, cx);
  return complete;
}

async function measure(
  wheel: PylockWheel,
  cx: CompleteContext,
): Promise<{ sha256: string; size: number }> {
  const { sha256, size } = wheel;
  if (sha256 !== undefined && size !== undefined) return { sha256, size };
  const path = localFile(wheel.url);
  if (path !== undefined) {
    return { sha256: sha256 ?? (await hashFile(path, cx.signal)), size: (await stat(path)).size };
  }
  const length = sha256 === undefined ? undefined : await remoteSize(wheel.url, cx);
  if (sha256 !== undefined && length !== undefined) return { sha256, size: length };
  const place = withCredentials(wheel.url, cx.settings);
  const expect = { name: wheel.parsed.file, ...(sha256 === undefined ? {} : { sha256 }) };
  const blob = await downloadFile({ place }, expect, cx);
  return { sha256: blob.sha256, size: blob.size };
}

async function hashFile(path: string, signal: AbortSignal): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path, { signal })) hash.update(chunk as Uint8Array);
  return hash.digest('hex');
}

async function remoteSize(url: string, cx: CompleteContext): Promise<number | undefined> {
  const response = await cx.ports.http.request({
    url: addressOf(withCredentials(url, cx.settings)),
    method: 'HEAD',
    headers: { 'accept-encoding': 'identity' },
    purpose: 'wheel index',
    signal: cx.signal,
    ...reach(cx.settings, url),
  });
  await response.cancel();
  const length = Number(response.header('content-length') ?? Number.NaN);
  return response.status === 200 && Number.isSafeInteger(length) ? length : undefined;
}

/** Credentials of the configured place at the same origin; no other origin ever sees them. */
export function withCredentials(url: string, settings: PythonSettings): Place {
  const places = [
    ...settings.extraIndexes,
    ...(settings.defaultIndex ? [settings.defaultIndex] : []),
    ...settings.findLinks,
  ];
  const target = new URL(url);
  for (const { value } of places) {
    if (!value.full) continue;
    const source = new URL(addressOf(value));
    if (source.origin !== target.origin) continue;
    target.username = source.username;
    target.password = source.password;
    return { url, full: secret(target.href) };
  }
  return { url };
}

import { isMlcError, type HttpResponse } from '@mlcontainer/plugin-kit';

import { sendMain, type Context } from '../context.ts';
import { isOutage, readRefusal, type Asked } from '../transport/errors.ts';
import { hasBlob } from './read.ts';
import { request, sessionOf, type Session, type UploadOptions } from './session.ts';

/** Mounted; a session to upload to; or neither. */
export type MountOutcome = 'mounted' | Session | undefined;

/**
 * Asks the registry to take the blob from another of its repositories (distribution-spec, Mounting a blob from
 * another repository). Whatever goes wrong, the blob is uploaded: some registries refuse, and some take any mount as
 * the start of an upload.
 */
export async function mountBlob(context: Context, options: UploadOptions): Promise<MountOutcome> {
  if (context.learnt.refusesMounts) return undefined;
  const from = await sourceOf(context, options);
  if (from === undefined) return undefined;
  try {
    const { response, asked } = await sendMain(context, {
      ...request(options),
      method: 'POST',
      to: `/blobs/uploads/?mount=${encodeURIComponent(options.digest)}&from=${encodeURIComponent(from)}`,
      headers: { 'content-length': '0' },
      repeatable: true,
    });
    return await outcome(context, options, from, response, asked);
  } catch (error) {
    options.signal.throwIfAborted();
    if (!isMlcError(error)) throw error;
    if (error.code === 'MLC6503' || error.code === 'MLC6504')
      context.learnt.closedSources.add(from);
    tell(context, options, from, error.message);
    return undefined;
  }
}

async function outcome(
  context: Context,
  options: UploadOptions,
  from: string,
  response: HttpResponse,
  asked: Asked,
): Promise<MountOutcome> {
  if (response.status === 201) {
    await response.cancel();
    return 'mounted';
  }
  if (response.status === 202) return sessionOf(response, asked);
  const { status, text } = await readRefusal(response);
  if (status === 403) context.learnt.closedSources.add(from);
  else if (!isOutage(status) && status !== 404) context.learnt.refusesMounts = true;
  tell(context, options, from, `${status} ${text}`.trim());
  return undefined;
}

function tell(context: Context, { digest }: UploadOptions, from: string, reason: string): void {
  context.onEvent({ code: 'mount-refused', name: context.name, from, digest, reason });
}

/** One repository is tried without asking; of several, the first that holds the blob. */
async function sourceOf(context: Context, options: UploadOptions): Promise<string | undefined> {
  const sources = options.mountFrom.filter(
    (source) => source !== context.repository && !context.learnt.closedSources.has(source),
  );
  if (sources.length <= 1) return sources[0];
  const { signal, mountFrom } = options;
  for (const from of sources)
    if (await hasBlob(context, options, { signal, mountFrom, from, access: 'push' })) return from;
  return undefined;
}

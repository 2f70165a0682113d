import { isMlcError, mlcError } from '@mlcontainer/plugin-kit';

import { sendMain, type Context, type UploadForm } from '../context.ts';
import type { Content, PushOptions } from '../content.ts';
import { readRefusal } from '../transport/errors.ts';
import type { RegistryRequest } from '../transport/transport.ts';
import { uploadChunked } from './chunked.ts';
import { closed, closeSession, refusedEnd, type UploadEnd } from './close.ts';
import { outgoing, type Outgoing } from './outgoing.ts';
import { hasBlob } from './read.ts';
import {
  closing,
  openSession,
  request,
  sessionOf,
  type Session,
  type UploadOptions,
} from './session.ts';

/** How often a blob is sent from its first byte. */
const ATTEMPTS = 3;
const PAUSE_MS = 1000;

/**
 * Uploads a blob: one POST and one streaming PUT, in another form where the registry wants that, and once more from
 * the start after a broken connection, an outage or a lost session. `session` is one that a mount has opened.
 * Gives the bytes sent. Throws what the content throws; MLC6520 after the last attempt; MLC6502 to MLC6506, MLC6521.
 */
export async function uploadBlob(
  context: Context,
  content: Content,
  options: PushOptions,
  session: Session | undefined,
): Promise<number> {
  const { digest, size } = content.descriptor;
  const { signal, mountFrom = [] } = options;
  const upload: UploadOptions = { digest, size, mountFrom, signal };
  const out = outgoing(content, context.name, options.onProgress);
  const first = firstForm(context, size);
  let form = first;
  let open = session;
  const refused: UploadForm[] = [];
  for (let attempt = 1; ;) {
    const end = await attemptOnce(context, { ...upload, refused }, out, form, open);
    open = undefined;
    if ('done' in end) {
      if (form !== first) learnForm(context, form);
      return out.sent();
    }
    if ('form' in end) {
      refused.push(form);
      form = end.form;
      continue;
    }
    if (attempt >= ATTEMPTS) throw failed(context, upload, end);
    context.onEvent({
      code: 'upload-retried',
      name: context.name,
      digest,
      attempt,
      reason: end.again,
    });
    await context.clock.sleep(PAUSE_MS * 2 ** (attempt - 1), signal);
    // The answer may have been lost after the registry had everything.
    if (await isThere(context, upload)) return out.sent();
    attempt += 1;
  }
}

function firstForm({ chunkBytes, learnt }: Context, size: number): UploadForm {
  const inChunks = chunkBytes !== undefined && size > chunkBytes && !learnt.refusesChunks;
  return inChunks ? 'chunked' : learnt.form;
}

/** The next blobs are sent at once as this one was at last. */
function learnForm(context: Context, form: UploadForm): void {
  if (form === 'put' || context.learnt.form === form) return;
  context.learnt.form = form;
  context.onEvent({ code: 'upload-form', name: context.name, form });
}

/** No answer to this question is none to the upload: that is tried as often as it may be. */
async function isThere(context: Context, upload: UploadOptions): Promise<boolean> {
  const { signal } = upload;
  try {
    return await hasBlob(context, upload, { signal, access: 'push' });
  } catch (error) {
    signal.throwIfAborted();
    if (isMlcError(error) && (error.code === 'MLC7001' || error.code === 'MLC6505')) return false;
    throw error;
  }
}

function failed(
  context: Context,
  { digest }: UploadOptions,
  end: { again: string; cause?: unknown },
) {
  const { name } = context;
  return mlcError('MLC6520', { name, digest, detail: end.again }, { cause: end.cause });
}

async function attemptOnce(
  context: Context,
  upload: UploadOptions,
  out: Outgoing,
  form: UploadForm,
  open: Session | undefined,
): Promise<UploadEnd> {
  try {
    const session = open ?? (await openSession(context, upload));
    return await UPLOADS[form](context, session, upload, out);
  } catch (error) {
    upload.signal.throwIfAborted();
    out.throwSourceFailure();
    if (!isMlcError(error) || error.code !== 'MLC7001') throw error;
    return { again: error.message, cause: error };
  }
}

type Upload = typeof uploadChunked;

const UPLOADS: Readonly<Record<UploadForm, Upload>> = {
  put: uploadByPut,
  patch: uploadByPatch,
  chunked: uploadChunked,
};

/** Everything in one PUT (distribution-spec, Pushing a blob monolithically, POST then PUT). */
async function uploadByPut(
  context: Context,
  session: Session,
  upload: UploadOptions,
  out: Outgoing,
): Promise<UploadEnd> {
  const to = closing(session, upload.digest);
  const { response, asked } = await sendWhole(context, { method: 'PUT', to }, upload, out);
  return closed(context, upload, response, asked, 'patch');
}

/** Everything in one PATCH, then an empty PUT, as docker does. */
async function uploadByPatch(
  context: Context,
  session: Session,
  upload: UploadOptions,
  out: Outgoing,
): Promise<UploadEnd> {
  const { response, asked } = await sendWhole(
    context,
    { method: 'PATCH', to: session },
    upload,
    out,
  );
  if (response.status !== 202 && response.status !== 204 && response.status !== 201)
    return refusedEnd(context, upload, await readRefusal(response), asked, 'chunked');
  return closeSession(context, await sessionOf(response, asked, session), upload);
}

/** The blob as one body; never sent again by the HTTP port, which does not know what of it arrived. */
function sendWhole(
  context: Context,
  how: Pick<RegistryRequest, 'method' | 'to'>,
  upload: UploadOptions,
  out: Outgoing,
): ReturnType<typeof sendMain> {
  return sendMain(context, {
    ...{ ...request(upload), ...how },
    headers: bodyHeaders(upload.size),
    body: upload.size === 0 ? new Uint8Array() : out.body,
    repeatable: false,
  });
}

function bodyHeaders(size: number): Readonly<Record<string, string>> {
  return { 'content-type': 'application/octet-stream', 'content-length': String(size) };
}

import { mlcError, type HttpResponse } from '@mlcontainer/plugin-kit';

import { sendMain, type Context, type UploadForm } from '../context.ts';
import { isOutage, readRefusal, toError, type Asked, type Refusal } from '../transport/errors.ts';
import { closing, request, type Session, type UploadOptions } from './session.ts';

/** How an attempt ended: the blob is there, it may go better from the start, or the registry wants another form. */
export type UploadEnd =
  | { readonly done: true }
  | { readonly again: string; readonly cause?: unknown }
  | { readonly form: UploadForm };

/** The PUT that ends an upload whose bytes are there. */
export async function closeSession(
  context: Context,
  session: Session,
  upload: UploadOptions,
): Promise<UploadEnd> {
  const { response, asked } = await sendMain(context, {
    ...request(upload),
    method: 'PUT',
    to: closing(session, upload.digest),
    headers: { 'content-length': '0' },
    repeatable: false,
  });
  return closed(context, upload, response, asked);
}

/** Reads the answer to the closing PUT. `next` is the form that may be taken where this one was not. */
export async function closed(
  context: Context,
  upload: UploadOptions,
  response: HttpResponse,
  asked: Asked,
  next?: UploadForm,
): Promise<UploadEnd> {
  const { status } = response;
  if (status !== 201 && status !== 204 && status !== 200)
    return refusedEnd(context, upload, await readRefusal(response), asked, next);
  await response.cancel();
  const digest = response.header('docker-content-digest');
  if (digest?.startsWith('sha256:') === true && digest !== upload.digest)
    throw changed(context, upload);
  return { done: true };
}

function changed({ name }: Context, { digest }: UploadOptions): Error {
  return mlcError('MLC6521', { name, digest });
}

/** Statuses by which registries and what stands before them say that they do not take this form. */
const OTHER_FORM: ReadonlySet<number> = new Set([400, 405, 411, 415, 416, 501]);

/** What a refusal means for the upload. Throws where it is final. */
export function refusedEnd(
  context: Context,
  upload: UploadOptions,
  refusal: Refusal,
  asked: Asked,
  next: UploadForm | undefined,
): UploadEnd {
  const { status, errors, text } = refusal;
  if (errors.some(({ code }) => code === 'DIGEST_INVALID')) throw changed(context, upload);
  if (status === 404 || status === 410) return { again: text || `the upload was lost (${status})` };
  if (isOutage(status)) return { again: `${status} ${text}`.trim() };
  if (status === 413 && next !== undefined) return { form: 'chunked' };
  if (next !== undefined && OTHER_FORM.has(status)) return { form: next };
  throw toError(refusal, asked);
}

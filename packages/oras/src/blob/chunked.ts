import { isMlcError, type ByteStream, type HttpResponse } from '@mlcontainer/plugin-kit';

import { sendMain, type Context } from '../context.ts';
import { readRefusal, toError, type Asked } from '../transport/errors.ts';
import { request, sessionOf, type Session, type UploadOptions } from './session.ts';
import type { Outgoing } from './outgoing.ts';
import { closeSession, type UploadEnd } from './close.ts';

/** A chunk is held in memory, so that it can be sent again. Bytes. */
const DEFAULT_CHUNK = 8 * 1024 * 1024;
/** Six of them at a time stay under what a builder may take. */
export const LARGEST_CHUNK = 16 * 1024 * 1024;
/** What is believed of a registry's least size. */
const LARGEST_LEAST = 64 * 1024 * 1024;
/** How often one chunk is tried. */
const ATTEMPTS = 5;
const PAUSE_MS = 500;

interface State {
  readonly context: Context;
  readonly options: UploadOptions;
  readonly out: Outgoing;
  session: Session;
}

/**
 * Sends a blob by a PATCH for each chunk (distribution-spec, Pushing a blob in chunks). After a broken or refused
 * chunk the registry is asked how far it came, and gets the rest.
 */
export async function uploadChunked(
  context: Context,
  session: Session,
  options: UploadOptions,
  out: Outgoing,
): Promise<UploadEnd> {
  const state: State = { context, options, out, session };
  const size = Math.min(chunkSize(context, session), Math.max(options.size, 1));
  let start = 0;
  for await (const chunk of chunksOf(out.body(), size)) {
    const problem = await sendChunk(state, chunk, start);
    if (problem !== undefined) return problem;
    start += chunk.byteLength;
  }
  return closeSession(context, state.session, options);
}

function chunkSize({ chunkBytes }: Context, { chunkMin }: Session): number {
  return Math.max(chunkBytes ?? DEFAULT_CHUNK, Math.min(chunkMin, LARGEST_LEAST));
}

/**
 * Cuts a stream into chunks of one size, the last one shorter. All are the same memory: each is over when the next
 * one is asked for.
 */
export async function* chunksOf(source: ByteStream, size: number): ByteStream {
  const buffer = Buffer.allocUnsafe(size);
  let held = 0;
  for await (const part of source) {
    for (let at = 0; at < part.byteLength;) {
      const piece = part.subarray(at, at + size - held);
      buffer.set(piece, held);
      held += piece.byteLength;
      at += piece.byteLength;
      if (held < size) continue;
      yield buffer;
      held = 0;
    }
  }
  if (held > 0) yield buffer.subarray(0, held);
}

/** Sends one chunk until the registry has all of it; `start` is its offset in the blob. */
async function sendChunk(
  state: State,
  chunk: Uint8Array,
  start: number,
): Promise<UploadEnd | undefined> {
  const end = start + chunk.byteLength;
  let at = start;
  let tries = 0;
  for (let isRepeat = false; at < end; isRepeat = true) {
    const came = await patch(state, chunk.subarray(at - start), at, isRepeat);
    if (typeof came === 'object') return came;
    if (came < start || came > end)
      return { again: `the registry holds ${came} bytes, not ${at} to ${end}` };
    // Whoever moves on, however little, starts counting anew.
    tries = came > at ? 0 : tries + 1;
    at = came;
    if (tries >= ATTEMPTS) return { again: `the chunk at ${at} was not taken` };
    if (tries > 0)
      await state.context.clock.sleep(PAUSE_MS * 2 ** (tries - 1), state.options.signal);
  }
  return undefined;
}

/** One PATCH; how far the registry has come after it. */
async function patch(
  state: State,
  bytes: Uint8Array,
  at: number,
  isRepeat: boolean,
): Promise<number | UploadEnd> {
  const { context, options, out, session } = state;
  const end = at + bytes.byteLength;
  if (isRepeat) out.add(bytes.byteLength);
  try {
    const { response, asked } = await sendMain(context, {
      ...request(options),
      method: 'PATCH',
      to: session,
      headers: {
        'content-type': 'application/octet-stream',
        'content-length': String(bytes.byteLength),
        'content-range': `${at}-${end - 1}`,
      },
      body: bytes,
      repeatable: false,
    });
    if (response.status === 202 || response.status === 201 || response.status === 204) {
      const came = receivedOf(response);
      state.session = await sessionOf(response, asked, session);
      // Some registries name in Range what was there before; less than nothing new is not meant.
      return came !== undefined && came > at && came < end ? came : end;
    }
    if (response.status === 416 || response.status >= 500) {
      await response.cancel();
      return await status(state);
    }
    if (response.status === 404)
      return { again: (await readRefusal(response)).text || 'session lost' };
    return await refusedChunk(state, response, asked);
  } catch (error) {
    options.signal.throwIfAborted();
    if (!isMlcError(error) || error.code !== 'MLC7001') throw error;
    return status(state);
  }
}

/** A registry that takes no chunks gets the blob as a whole, unless it took no whole one before. */
async function refusedChunk(
  { context, options }: State,
  response: HttpResponse,
  asked: Asked,
): Promise<UploadEnd> {
  const refusal = await readRefusal(response);
  const isForm =
    response.status === 405 || refusal.errors.some(({ code }) => code === 'UNSUPPORTED');
  if (!isForm || options.refused?.includes('put') === true) throw toError(refusal, asked);
  context.learnt.refusesChunks = true;
  return { form: 'put' };
}

/** Asks how far an upload has come (distribution-spec, GET of the upload's location). */
async function status(state: State): Promise<number | UploadEnd> {
  const { context, options, session } = state;
  const { response, asked } = await sendMain(context, { ...request(options), to: session });
  if (response.status !== 204 && response.status !== 202 && response.status !== 200)
    return { again: `the upload was lost (${response.status})` };
  const came = receivedOf(response) ?? 0;
  if (response.header('location') === undefined) await response.cancel();
  else state.session = await sessionOf(response, asked, session);
  return came;
}

/** Bytes received, by `Range: 0-<last>`. docker-registry says `0-0` for none, as for one. */
function receivedOf(response: HttpResponse): number | undefined {
  const last = /^(?:bytes=)?0-(\d{1,15})$/.exec(response.header('range') ?? '')?.[1];
  if (last === undefined) return undefined;
  return last === '0' ? 0 : Number(last) + 1;
}

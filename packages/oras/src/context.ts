import type { Digest } from '@mlcontainer/oci';
import type { ClockPort, HttpResponse } from '@mlcontainer/plugin-kit';

import type { PushOutcome } from './content.ts';
import type { OnRegistryEvent } from './events.ts';
import type { Limiter } from './limiter.ts';
import type { Once } from './once.ts';
import type { Queues } from './queues.ts';
import type { Endpoint, Endpoints } from './transport/endpoint.ts';
import { refusalError, type Asked } from './transport/errors.ts';
import type { RegistryRequest, Transport } from './transport/transport.ts';

/** How a registry takes blobs: one PUT, one PATCH and a PUT, or a PATCH for each chunk. */
export type UploadForm = 'put' | 'patch' | 'chunked';

/** What the operations on one repository share. */
export interface Context {
  readonly registry: string;
  readonly repository: string;
  /** For messages: `registry/repository`. */
  readonly name: string;
  readonly endpoints: () => Promise<Endpoints>;
  readonly send: Transport;
  readonly clock: ClockPort;
  readonly onEvent: OnRegistryEvent;
  /** Over all repositories of the client. */
  readonly uploads: Limiter;
  readonly pushed: Once<PushOutcome>;
  /** Changes of one list of referrers, one after the other. */
  readonly lists: Queues;
  readonly chunkBytes: number | undefined;
  /** What was learnt of the registry. */
  readonly learnt: Learnt;
}

/** What was learnt of a registry by its answers. */
export interface Learnt {
  form: UploadForm;
  /** Uploads in chunks are answered by errors. */
  refusesChunks: boolean;
  /** Mounts are answered by errors, wherever they come from. */
  refusesMounts: boolean;
  /** Repositories that the credential may not read, so that nothing is mounted from them. */
  readonly closedSources: Set<string>;
  /** Mirrors that gave wrong bytes, by origin. */
  readonly badMirrors: Set<string>;
}

/** A request to the registry itself, not to a mirror. */
export async function sendMain(
  context: Context,
  request: Omit<RegistryRequest, 'endpoint'>,
): Promise<{
  readonly response: HttpResponse;
  readonly asked: Asked;
  readonly endpoint: Endpoint;
}> {
  const { main, pulls } = await context.endpoints();
  const endpoint = request.access === 'pull' ? pulls : main;
  const response = await context.send({ ...request, endpoint });
  return { response, endpoint, asked: { endpoint, access: request.access, what: request.what } };
}

/** Drops the body where the status is one of these, and throws what the registry says otherwise. */
export async function expectStatus(
  response: HttpResponse,
  asked: Asked,
  ...statuses: readonly number[]
): Promise<void> {
  if (!statuses.includes(response.status)) throw await refusalError(response, asked);
  await response.cancel();
}

/** For the once map: one digest in one repository. */
export function pushKey(context: Pick<Context, 'name'>, digest: Digest): string {
  return `${context.name}@${digest}`;
}

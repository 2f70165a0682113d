import type { PushOutcome, Reference } from './content.ts';
import { expectStatus, type Context, type Learnt } from './context.ts';
import { createLimiter } from './limiter.ts';
import { createOnce } from './once.ts';
import { createQueues } from './queues.ts';
import type { RegistryClient, RegistryClientOptions } from './registry.ts';
import { createRepository } from './repository.ts';
import { endpointsOf, nameOf, type Endpoints } from './transport/endpoint.ts';
import { createTransport } from './transport/transport.ts';
import { LARGEST_CHUNK } from './blob/chunked.ts';

/** Uploads at a time; two of the port's connections stay free for questions. */
const CONCURRENCY = 6;

/** A client of OCI registries (distribution-spec 1.1); see `RegistryClient` and `Repository`. */
export function createRegistryClient(options: RegistryClientOptions): RegistryClient {
  const { ports, credentials, settings, chunkBytes } = options;
  const onEvent = options.onEvent ?? (() => undefined);
  const learnt = new Map<string, Learnt>();
  const shared = {
    send: createTransport({ ports, credentials, onEvent }),
    clock: ports.clock,
    onEvent,
    uploads: createLimiter(Math.max(1, options.concurrency ?? CONCURRENCY)),
    pushed: createOnce<PushOutcome>(),
    lists: createQueues(),
    chunkBytes:
      chunkBytes === undefined ? undefined : Math.min(Math.max(1, chunkBytes), LARGEST_CHUNK),
  };
  const contextOf = (where: Pick<Reference, 'registry' | 'repository'>): Context => {
    const { registry, repository } = where;
    let endpoints: Promise<Endpoints> | undefined;
    return {
      ...shared,
      ...{ registry, repository, name: nameOf(where), learnt: learntOf(learnt, registry) },
      endpoints: () => (endpoints ??= endpointsOf(settings, registry, repository)),
    };
  };
  return {
    repository: (where) => createRepository(contextOf(where)),
    ping: (registry, { signal }) => ping(contextOf({ registry, repository: '' }), signal),
  };
}

function learntOf(all: Map<string, Learnt>, registry: string): Learnt {
  const known = all.get(registry);
  if (known !== undefined) return known;
  const made: Learnt = {
    form: 'put',
    refusesChunks: false,
    refusesMounts: false,
    closedSources: new Set(),
    badMirrors: new Set(),
  };
  all.set(registry, made);
  return made;
}

/** `GET /v2/` (distribution-spec, Determining Support). */
async function ping(context: Context, signal: AbortSignal): Promise<void> {
  const { main: endpoint } = await context.endpoints();
  const asked = { endpoint, access: 'pull', what: 'GET of /v2/' } as const;
  await expectStatus(await context.send({ ...asked, to: '', signal }), asked, 200);
}

import { dispatch } from './api/dispatch.ts';
import { createGuard } from './auth/guard.ts';
import { tokenEndpoint } from './auth/token-endpoint.ts';
import { createTokens } from './auth/tokens.ts';
import { folderBodies, memoryBodies } from './bodies.ts';
import { digestOf } from './digest.ts';
import { createFaults } from './faults/matching.ts';
import { createJournal } from './journal.ts';
import { listen, type Listener, type ListenOptions } from './listener.ts';
import type { RegistryOptions, SeedManifest, TestRegistry } from './options.ts';
import { profileOf } from './profiles.ts';
import { routeOf } from './routes.ts';
import { serve, type Service } from './serve.ts';
import { commitManifest, createState, seedBlob, type State } from './state.ts';
import { makeCertificate } from './tls/certificate.ts';

/**
 * Starts a registry that keeps strictly to distribution-spec 1.1, where its profile does not say otherwise, and
 * fails on purpose where its faults say so. It reaches nothing, and is reached on loopback alone.
 */
export async function startRegistry(options: RegistryOptions = {}): Promise<TestRegistry> {
  const parts = makeParts(options);
  const { address = '127.0.0.1', name, port = 0 } = options;
  const certificate =
    options.tls === true ? makeCertificate([address, name ?? 'localhost']) : undefined;
  const place: ListenOptions = { address, port, name, certificate };
  const servers = await start(parts, place);
  return { ...inspection(parts), ...control(parts, servers, place), ca: certificate?.ca };
}

type Parts = ReturnType<typeof makeParts>;

function makeParts(options: RegistryOptions) {
  const { authentication = { kind: 'none' }, folder } = options;
  const now = (): Date => options.clock?.now() ?? new Date();
  return {
    now,
    authentication,
    profile: profileOf(options.profile, options.different),
    journal: createJournal(),
    faults: createFaults(options.faults),
    state: createState(folder === undefined ? memoryBodies() : folderBodies(folder)),
    tokens: authentication.kind === 'bearer' ? createTokens(authentication, now) : undefined,
  };
}

interface Servers {
  registry: Listener;
  token: Listener | undefined;
}

async function start(parts: Parts, place: ListenOptions): Promise<Servers> {
  const servers: Partial<Servers> = {};
  const origin = (server: 'registry' | 'token') => () => servers[server]?.origin ?? '';
  const registry = registryService(parts, origin('registry'), origin('token'));
  if (parts.tokens !== undefined) {
    const service = tokenService(parts, origin('token'));
    servers.token = await listen({ ...place, port: 0 }, (request, response) =>
      serve(service, request, response),
    );
  }
  servers.registry = await listen(place, (request, response) => serve(registry, request, response));
  return servers as Servers;
}

function registryService(parts: Parts, origin: () => string, tokenOrigin: () => string): Service {
  const { authentication, profile, state, tokens } = parts;
  const own = authentication.kind === 'bearer' ? authentication.realm : undefined;
  const realm = (): string => own ?? `${tokenOrigin()}/token`;
  const bearer = tokens === undefined ? undefined : { tokens, realm };
  const guard = createGuard(authentication, profile, bearer);
  return {
    ...parts,
    server: 'registry',
    origin,
    route: routeOf,
    always: { 'docker-distribution-api-version': 'registry/2.0' },
    handle: async (call, route) => {
      const decision = guard(call, route);
      if ('refusal' in decision) return decision.refusal;
      return dispatch({ state, profile, call, route, covers: decision.covers });
    },
  };
}

function tokenService(parts: Parts, origin: () => string): Service {
  const { authentication, tokens } = parts;
  return {
    ...parts,
    server: 'token',
    origin,
    route: () => ({ endpoint: 'token', repository: '', reference: '' }),
    always: { 'cache-control': 'no-store' },
    handle: async (call) =>
      authentication.kind === 'bearer' && tokens !== undefined
        ? tokenEndpoint(authentication, tokens, call)
        : { status: 404 },
  };
}

function inspection({ journal, state, tokens, faults }: Parts) {
  return {
    journal,
    commits: state.commits,
    tokens: tokens?.issued ?? [],
    revokeTokens: () => tokens?.revokeAll(),
    openUploads: () => state.sessions.size,
    addFaults: faults.add,
    clearFaults: faults.clear,
    seedBlob: (repository: string, bytes: Uint8Array) => seedBlob(state, repository, bytes),
    seedManifest: (manifest: SeedManifest) => seedManifest(state, manifest),
    readBlob: (repository: string, digest: string) => readBlob(state, repository, digest),
    readManifest: (repository: string, reference: string) => {
      const held = state.repositories.get(repository);
      return held?.manifests.get(held.tags.get(reference) ?? reference)?.bytes;
    },
    tags: (repository: string) => [...(state.repositories.get(repository)?.tags.keys() ?? [])],
  };
}

function seedManifest(state: State, { repository, bytes, mediaType, tags = [] }: SeedManifest) {
  const digest = digestOf(bytes);
  const { subject } = JSON.parse(Buffer.from(bytes).toString()) as { subject?: { digest: string } };
  const named = subject === undefined ? {} : { subject: subject.digest };
  commitManifest(state, repository, { digest, mediaType, bytes, ...named }, tags, 'seed');
  return digest;
}

async function readBlob(state: State, repository: string, digest: string) {
  const body = state.repositories.get(repository)?.blobs.get(digest);
  if (body === undefined) return undefined;
  const chunks: Uint8Array[] = [];
  for await (const chunk of body.read(0, body.size)) chunks.push(chunk);
  return Buffer.concat(chunks);
}

function control(parts: Parts, servers: Servers, place: ListenOptions) {
  const { state } = parts;
  const close = async (): Promise<void> => {
    await Promise.all([servers.registry.close(), servers.token?.close()]);
    state.sessions.clear();
  };
  const { origin, port } = servers.registry;
  return {
    origin,
    host: new URL(origin).host,
    tokenOrigin: servers.token?.origin,
    restart: async () => {
      await servers.registry.close();
      state.sessions.clear();
      const service = registryService(
        parts,
        () => origin,
        () => servers.token?.origin ?? '',
      );
      servers.registry = await listen({ ...place, port }, (request, response) =>
        serve(service, request, response),
      );
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}

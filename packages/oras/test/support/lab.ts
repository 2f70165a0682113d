import { createHttp, type HttpOptions, type NodeHttp } from '@mlcontainer/node-ports';
import { isMlcError } from '@mlcontainer/plugin-kit';
import {
  fakeClock,
  startRegistry,
  type FakeClock,
  type RegistryOptions,
  type TestRegistry,
} from '@mlcontainer/testing';

import type {
  Credential,
  CredentialStore,
  Graph,
  RegistryClient,
  RegistryClientOptions,
  RegistryEvent,
  RegistrySettings,
  Repository,
} from '../../src/index.ts';
import { createRegistryClient } from '../../src/index.ts';
import { bytesOf } from './contents.ts';

/** A client and a registry that fails on purpose, on one clock that never waits. */
export interface Lab {
  readonly registry: TestRegistry;
  readonly clock: FakeClock;
  readonly http: NodeHttp;
  readonly client: RegistryClient;
  readonly events: readonly RegistryEvent[];
  /** Aborted before a test would be called hanging. */
  readonly signal: AbortSignal;
  repository(name?: string): Repository;
}

export interface LabOptions {
  readonly registry?: RegistryOptions;
  readonly http?: Partial<HttpOptions>;
  readonly client?: Partial<RegistryClientOptions>;
  readonly credential?: Credential;
  readonly settings?: RegistrySettings;
}

/** What waits in real time, shortened; milliseconds. */
const TIMEOUTS = { connect: 5000, headers: 5000, send: 5000, commit: 5000, stall: 5000 };
/** For tests in which the registry stalls. */
export const IMPATIENT = { connect: 5000, headers: 300, send: 300, commit: 300, stall: 300 };
const HANGS_AFTER = 25_000;

/** Uses a lab and ends it. */
export async function withLab<T>(options: LabOptions, use: (lab: Lab) => Promise<T>): Promise<T> {
  const clock = fakeClock();
  await using registry = await startRegistry({ clock, ...options.registry });
  const http = createHttp({
    ...{ env: {}, clock, timeouts: TIMEOUTS, random: () => 0.5 },
    ...options.http,
  });
  const events: RegistryEvent[] = [];
  const client = createRegistryClient({
    ports: { http, clock },
    credentials: knows(options.credential ?? { kind: 'anonymous' }),
    settings: () => Promise.resolve({ plainHttp: true, ...options.settings }),
    onEvent: (event) => events.push(event),
    ...options.client,
  });
  const repository = (name = 'team/app'): Repository =>
    client.repository({ registry: registry.host, repository: name });
  const signal = AbortSignal.timeout(HANGS_AFTER);
  try {
    return await use({ registry, clock, http, client, events, signal, repository });
  } finally {
    await http.close();
  }
}

/** Has one credential for every registry. */
export function knows(credential: Credential): CredentialStore {
  return { find: () => Promise.resolve({ credential, source: 'the test', skipped: [] }) };
}

export const ANN = { kind: 'basic', username: 'ann', password: 'secret' } as const;
export const USERS = { ann: 'secret' };

/** The code of the error that something ends with; `done` where it ends without. What is no error of ours is thrown on. */
export async function endOf(work: Promise<unknown>): Promise<string> {
  try {
    await work;
    return 'done';
  } catch (error) {
    if (isMlcError(error)) return error.code;
    throw error;
  }
}

/** Puts a graph into a repository without a request. */
export async function seed(registry: TestRegistry, graph: Graph, name = 'team/app'): Promise<void> {
  for (const blob of graph.blobs) await registry.seedBlob(name, await bytesOf(blob));
  for (const manifest of graph.manifests) {
    const { mediaType } = manifest.descriptor;
    const tags = manifest === graph.manifests.at(-1) ? graph.tags : [];
    registry.seedManifest({ repository: name, bytes: await bytesOf(manifest), mediaType, tags });
  }
}

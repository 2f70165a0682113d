import { digestOf, MEDIA_TYPES, type Descriptor } from '@mlcontainer/oci';
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
  Content,
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

export function content(bytes: Uint8Array, mediaType: string): Content {
  const descriptor: Descriptor = { mediaType, digest: digestOf(bytes), size: bytes.byteLength };
  return {
    descriptor,
    async *open() {
      for (let at = 0; at < bytes.byteLength; at += 16_384) yield bytes.subarray(at, at + 16_384);
    },
  };
}

/** Bytes that look like nothing and are the same each time. */
export function noise(size: number, seed: number): Buffer {
  const bytes = Buffer.alloc(size);
  let state = seed * 2_654_435_761 + 1;
  for (let at = 0; at < size; at += 1) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    bytes[at] = state >>> 24;
  }
  return bytes;
}

/** A manifest of these layers and an own config. */
export function imageOf(
  layers: readonly Content[],
  more: Record<string, unknown> = {},
): { readonly config: Content; readonly manifest: Content } {
  const config = content(
    Buffer.from(JSON.stringify({ architecture: 'amd64', os: 'linux', of: layers.length })),
    MEDIA_TYPES.config,
  );
  const manifest = content(
    Buffer.from(
      JSON.stringify({
        schemaVersion: 2,
        mediaType: MEDIA_TYPES.manifest,
        config: config.descriptor,
        layers: layers.map(({ descriptor }) => descriptor),
        ...more,
      }),
    ),
    MEDIA_TYPES.manifest,
  );
  return { config, manifest };
}

/** An image of layers of these sizes, tagged `v1`. Bytes. */
export function graphOf(...sizes: readonly number[]): Graph & { readonly manifest: Content } {
  const layers = sizes.map((size, at) => content(noise(size, at + 1), MEDIA_TYPES.layer));
  const { config, manifest } = imageOf(layers);
  return { blobs: [...layers, config], manifests: [manifest], tags: ['v1'], manifest };
}

export async function bytesOf({ open }: Content): Promise<Buffer> {
  return collect(open());
}

export async function collect(source: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of source) chunks.push(Uint8Array.from(chunk));
  return Buffer.concat(chunks);
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

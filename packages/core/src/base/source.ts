import { readFile } from 'node:fs/promises';
import type { Descriptor } from '@mlcontainer/oci';
import { formatReference, parseReference, type ContentSource } from '@mlcontainer/oras';
import { mlcError, type BaseBlob } from '@mlcontainer/plugin-kit';
import type { EngineContext } from '../context.ts';
import { haveInput } from '../inputs/input.ts';

/** Where a base image comes from, as the config names it. */
export interface BaseSource {
  /** In full, for messages: `docker.io/library/python:3.11-slim`. */
  readonly reference: string;
  readonly registry: string;
  readonly repository: string;
  /** What to ask for where nothing is pinned: the digest, the tag, or `latest`. */
  readonly wanted: string;
  /** Opened when the first blob is missing from the store. */
  readonly content: () => ContentSource;
}

/** How a repository is opened; the registry client, or a layout in a test. */
export type OpenContent = (repository: string) => ContentSource;

/** Reads a reference of the config. Throws MLC6501. */
export function baseSource(reference: string, open: OpenContent): BaseSource {
  const parsed = parseReference(reference);
  const { registry, repository, tag, digest } = parsed;
  let content: ContentSource | undefined;
  return {
    reference: formatReference(parsed),
    registry,
    repository,
    wanted: digest ?? tag ?? 'latest',
    content: () => (content ??= open(formatReference({ registry, repository }))),
  };
}

/** Manifests and configurations are small; more is an attack or a mistake. */
const MAX_DOCUMENT = 4 << 20;

/** The bytes of a manifest, an index or a configuration, which stay in the store. Throws MLC6701, MLC65xx, MLC70xx. */
export async function baseDocument(
  cx: EngineContext,
  source: BaseSource,
  blob: BaseBlob | Descriptor,
): Promise<Uint8Array> {
  if (blob.size > MAX_DOCUMENT) {
    const detail = `${blob.digest} has ${blob.size} bytes, too many for a manifest`;
    throw mlcError('MLC6701', { reference: source.reference, detail });
  }
  return readFile(await baseBlob(cx, source, blob, 'manifest'));
}

/** The path of a blob of the base in the store; fetched where it is missing. */
export function baseBlob(
  cx: EngineContext,
  source: BaseSource,
  blob: BaseBlob | Descriptor,
  what: string,
): Promise<string> {
  const { digest, size, mediaType } = blob;
  const sha256 = digest.slice('sha256:'.length);
  const name = `${source.repository} ${what} ${sha256.slice(0, 12)}`;
  return haveInput(cx, { name, sha256, size }, async () => {
    const bytes = source.content().fetch({ mediaType, digest, size }, { signal: cx.signal });
    return (await cx.ports.store.put(bytes, { sha256, size, name })).path;
  });
}

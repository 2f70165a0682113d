import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { digestOf, writeArchive, type Blob, type BlobSource, type Digest } from '@mlcontainer/oci';
import type { Content } from '@mlcontainer/oras';
import type { Plan } from '@mlcontainer/plugin-kit';
import type { EngineContext } from '../context.ts';
import { prettyJson } from '../json.ts';
import { makeLock } from '../lock/make.ts';
import { LOCK_FILE, type Lock } from '../lock/types.ts';
import { blobBytes } from '../outputs/blob-bytes.ts';
import { diskError } from '../outputs/replace.ts';
import { withRegistries } from '../registry/registries.ts';
import { restrictToPlan } from '../restrict.ts';
import { stage } from '../stage.ts';
import { LOCK_TYPE } from './bundle.ts';
import { haveAllInputs, type HeldInput } from './inputs.ts';
import { bundleManifest, EMPTY_CONFIG } from './manifest.ts';

/** What is vendored and where it goes. */
export interface VendorOptions {
  readonly plan: Plan;
  readonly root: string;
  readonly frozen: boolean;
  /** A file, absolute or relative to the context's folder; or a repository with its tag. */
  readonly to: { readonly file: string } | { readonly repository: string; readonly tag: string };
}

/** What a bundle holds; sizes in bytes. */
export interface VendorReport {
  readonly digest: Digest;
  readonly size: number;
  readonly inputs: number;
  /** The file's path, or `registry/repository:tag`. */
  readonly place: string;
}

/**
 * Packs every input that the lock names into one OCI artifact: a file to carry in, or a push to the internal registry.
 * A build that is given it needs no index and no mirror. The same lock gives the same digest.
 */
export async function vendor(given: EngineContext, options: VendorOptions): Promise<VendorReport> {
  const { plan, root, frozen, to } = options;
  const cx = withRegistries(given, plan.registries, root);
  const pushTo = 'file' in to ? undefined : to.repository;
  await restrictToPlan(cx, plan, { pushTo });
  const lock = await makeLock(cx, plan, root, { frozen, update: false });
  const inputs = await stage(
    cx,
    'inputs',
    () => haveAllInputs(cx, plan, lock, root),
    (list) => `${list.length} inputs`,
  );
  const blobs = [lockBlob(lock), ...inputs.map(inputBlob)];
  const manifest = bundleManifest(blobs);
  const all = [...blobs, inMemory(EMPTY_CONFIG), inMemory(manifest)];
  const place = await stage(cx, 'outputs', () =>
    'file' in to ? write(cx, to.file, all) : push(cx, to, all),
  );
  const size = all.reduce((sum, { descriptor }) => sum + descriptor.size, 0);
  return { digest: manifest.descriptor.digest, size, inputs: inputs.length, place };
}

const INPUT_TYPES = {
  deb: 'application/vnd.debian.binary-package',
  wheel: 'application/vnd.mlcontainer.wheel.v1+zip',
  base: 'application/vnd.mlcontainer.base.v1',
} as const;

function inputBlob({ kind, name, sha256, size, path: held }: HeldInput): BlobSource {
  const annotations = { 'org.opencontainers.image.title': name };
  const digest = `sha256:${sha256}` as const;
  return {
    descriptor: { mediaType: INPUT_TYPES[kind], digest, size, annotations },
    source: { path: held },
  };
}

function lockBlob(lock: Lock): BlobSource {
  const bytes = Buffer.from(prettyJson(lock));
  const annotations = { 'org.opencontainers.image.title': LOCK_FILE };
  const descriptor = { mediaType: LOCK_TYPE, digest: digestOf(bytes), size: bytes.length };
  return { descriptor: { ...descriptor, annotations }, source: { bytes } };
}

async function write(cx: EngineContext, name: string, all: readonly BlobSource[]): Promise<string> {
  const file = path.resolve(cx.cwd, name);
  const manifest = all.at(-1)!;
  const roots = [{ descriptor: manifest.descriptor, name: 'mlcontainer/vendor:latest' }];
  try {
    await mkdir(path.dirname(file), { recursive: true });
    await writeArchive(file, { roots, blobs: all, images: [] }, { signal: cx.signal });
  } catch (error) {
    throw diskError(file, error);
  }
  cx.host.notify({
    code: 'output',
    kind: 'archive',
    path: file,
    digest: manifest.descriptor.digest,
  });
  return file;
}

async function push(
  cx: EngineContext,
  { repository, tag }: { readonly repository: string; readonly tag: string },
  all: readonly BlobSource[],
): Promise<string> {
  const { pushGraph } = await import('@mlcontainer/oras');
  const { openRepository } = await import('../registry/client.ts');
  const contents = all.map(toContent);
  const graph = { blobs: contents.slice(0, -1), manifests: contents.slice(-1), tags: [tag] };
  await pushGraph(openRepository(cx, repository), graph, { signal: cx.signal });
  const place = `${repository}:${tag}`;
  const { digest } = all.at(-1)!.descriptor;
  cx.host.notify({ code: 'output', kind: 'registry', path: place, digest });
  return place;
}

function toContent({ descriptor, source }: BlobSource): Content {
  return { descriptor, open: () => blobBytes(source) };
}

function inMemory({ descriptor, bytes }: Blob): BlobSource {
  return { descriptor, source: { bytes } };
}

import { mkdir, open, readdir, readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import {
  blobPath,
  isDigest,
  parseObject,
  ShapeFault,
  writtenBeside,
  type Descriptor,
} from '@mlcontainer/oci';
import { mlcError, type ByteStream } from '@mlcontainer/plugin-kit';
import { collect, until } from '../copy/collect.ts';
import { verified } from '../blob/verified.ts';
import { isLeftOut } from '../copy/foreign.ts';
import { manifestNode, type ManifestNode } from '../copy/manifest.ts';
import type { Content, ContentTarget, PushOptions, PushOutcome } from '../content.ts';
import { isManifestType } from '../media-types.ts';
import { folderReader } from './folder.ts';
import { indexFileBytes, readIndexFile, withManifest, withTag } from './index-file.ts';
import { withFolderLock } from './lock.ts';
import { sourceOf } from './source.ts';

/** An OCI layout folder to write to. */
export interface LayoutTarget extends ContentTarget {
  /** What `index.json` lists, without annotations. */
  roots(): Promise<readonly Descriptor[]>;
}

/**
 * An OCI layout folder (image-spec image-layout.md) that content is added to; it is made with the first of it.
 * Each blob is written beside its place, checked, and moved there; `index.json` is replaced whole, under a lock that
 * other processes of ours respect. So a crash leaves a layout that is as it was or has more, and no writer loses
 * what another added. A manifest without a tag is listed as long as no index that came later contains it.
 * As a registry does, `push` refuses a manifest whose parts are missing: MLC6522.
 * Throws MLC6041 when the folder holds something else, MLC6513 for content that is not what its descriptor says,
 * MLC7010 and MLC7011 when the disk is full or not writable.
 */
export function openLayoutTarget(folder: string): LayoutTarget {
  const source = sourceOf(folderReader(folder));
  const running = new Map<string, Promise<PushOutcome>>();
  return {
    ...source,
    push: (content, options) => {
      const { digest } = content.descriptor;
      const same = running.get(digest);
      if (same !== undefined) return same.then(() => ({ how: 'present', sent: 0 }));
      const push = add(folder, content, options).finally(() => running.delete(digest));
      running.set(digest, push);
      return push;
    },
    tag: (manifest, tag, { signal }) =>
      changeIndex(folder, signal, (entries) => withTag(entries, manifest, tag)),
  };
}

async function add(folder: string, content: Content, options: PushOptions): Promise<PushOutcome> {
  const { descriptor } = content;
  if (!isDigest(descriptor.digest)) {
    throw mlcError('MLC6514', { name: folder, digest: descriptor.digest });
  }
  await ensureLayout(folder, options.signal);
  const file = join(folder, blobPath(descriptor.digest));
  const isThere = await sourceOf(folderReader(folder)).has(descriptor, options);
  if (!isManifestType(descriptor.mediaType)) {
    if (!isThere) await writeBlob(file, checked(content, folder, options), options);
  } else {
    const bytes = await collect(checked(content, folder, options));
    const node = manifestNode(descriptor, bytes, folder);
    await checkParts(folder, node, options.signal);
    if (!isThere) await writeBlob(file, [bytes], options);
    await changeIndex(folder, options.signal, (entries) =>
      withManifest(entries, describe(node), node.manifests),
    );
  }
  return isThere ? { how: 'present', sent: 0 } : { how: 'uploaded', sent: descriptor.size };
}

/** Artifacts are told apart in a listing by their type. */
function describe({ descriptor, artifactType, subject }: ManifestNode): Descriptor {
  const isArtifact = subject !== undefined && artifactType !== undefined;
  return isArtifact ? { ...descriptor, artifactType } : descriptor;
}

function checked(content: Content, name: string, { signal }: PushOptions): ByteStream {
  return verified(until(signal, content.open()), content.descriptor, name);
}

async function checkParts(folder: string, node: ManifestNode, signal: AbortSignal): Promise<void> {
  const { has } = sourceOf(folderReader(folder));
  const { config, layers, manifests } = node;
  const parts = [...(config === undefined ? [] : [config]), ...layers, ...manifests];
  const missing: string[] = [];
  for (const part of parts) {
    if (!isLeftOut(part) && !(await has(part, { signal }))) missing.push(part.digest);
  }
  if (missing.length > 0) throw mlcError('MLC6522', { name: folder, missing });
}

async function writeBlob(
  file: string,
  bytes: ByteStream | Iterable<Uint8Array>,
  { onProgress }: PushOptions,
): Promise<void> {
  await writtenBeside(
    file,
    async (temporary) => {
      const handle = await open(temporary, 'wx', 0o644);
      let written = 0;
      try {
        for await (const chunk of bytes) {
          await handle.writeFile(chunk);
          written += chunk.length;
          onProgress?.(written);
        }
        await handle.sync();
      } finally {
        await handle.close();
      }
    },
    (temporary) => rename(temporary, file),
  );
}

async function changeIndex(
  folder: string,
  signal: AbortSignal,
  change: (entries: readonly Descriptor[]) => readonly Descriptor[],
): Promise<void> {
  const file = join(folder, 'index.json');
  let isDone = false;
  while (!isDone) {
    isDone = await withFolderLock(folder, signal, async ({ isMine }) => {
      const before = await readIndexFile(folder);
      const bytes = indexFileBytes(before, change(before?.manifests ?? []));
      let isPlaced = false;
      await writtenBeside(
        file,
        (temporary) => writeDurably(temporary, bytes),
        async (temporary) => {
          isPlaced = await isMine();
          if (isPlaced) await rename(temporary, file);
        },
      );
      return isPlaced;
    });
  }
}

async function writeDurably(file: string, bytes: Uint8Array): Promise<void> {
  const handle = await open(file, 'wx', 0o644);
  try {
    await handle.writeFile(bytes);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** What a layout has at its top (image-spec image-layout.md, Content). */
const PARTS: readonly string[] = ['blobs', 'index.json', 'oci-layout'];

async function ensureLayout(folder: string, signal: AbortSignal): Promise<void> {
  const file = join(folder, 'oci-layout');
  const present = await readFile(file).catch(absent);
  if (present !== undefined) return checkVersion(folder, present);
  const names = (await readdir(folder).catch(absent)) ?? [];
  // Another process may be at the same point, with its lock and temporary files, or past it by now.
  if (names.some((name) => !name.startsWith('.') && !PARTS.includes(name))) {
    throw mlcError('MLC6041', { path: folder });
  }
  await mkdir(folder, { recursive: true });
  await changeIndex(folder, signal, (entries) => entries);
  await writtenBeside(
    file,
    (temporary) => writeDurably(temporary, Buffer.from('{"imageLayoutVersion":"1.0.0"}')),
    (temporary) => rename(temporary, file),
  );
}

function absent(error: unknown): undefined {
  const { code } = error as NodeJS.ErrnoException;
  if (code !== 'ENOENT') throw error;
}

function checkVersion(path: string, bytes: Uint8Array): void {
  let version: unknown;
  try {
    version = parseObject(bytes)['imageLayoutVersion'];
  } catch (cause) {
    if (!(cause instanceof ShapeFault)) throw cause;
    throw mlcError('MLC6040', { path, detail: `oci-layout: ${cause.message}` }, { cause });
  }
  if (version === '1.0.0') return;
  const detail = `the layout version ${JSON.stringify(version)} is not 1.0.0`;
  throw mlcError('MLC6040', { path, detail });
}

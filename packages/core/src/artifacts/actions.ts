import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Descriptor } from '@mlcontainer/oci';
import {
  attach,
  copy,
  discover,
  isManifestType,
  pullArtifact,
  pushArtifact,
  type ArtifactSpec,
  type CopyProgress,
  type PushedArtifact,
} from '@mlcontainer/oras';
import type {
  ArtifactCopied,
  ArtifactCopyOptions,
  ArtifactDiscovered,
  ArtifactOptions,
  ArtifactPulled,
  ArtifactPullOptions,
  ArtifactPushed,
} from '../artifacts.ts';
import type { EngineContext } from '../context.ts';
import { openTarget, parsePlace, placeName, tagOf, withSource, type Place } from './place.ts';

/** See `artifactPush`. */
export async function push(
  cx: EngineContext,
  reference: string,
  options: ArtifactOptions,
): Promise<ArtifactPushed> {
  const place = parsePlace(reference, cx.cwd);
  const tag = tagOf(place);
  const spec = await specOf(cx, options);
  const pushed = await pushArtifact(openTarget(cx, place), spec, {
    signal: cx.signal,
    store: cx.ports.store,
    ...(tag !== undefined && { tag }),
  });
  return { ...told(place, pushed), ...(tag !== undefined && { tag }) };
}

/** See `artifactAttach`. */
export async function attachTo(
  cx: EngineContext,
  reference: string,
  options: ArtifactOptions,
): Promise<ArtifactPushed> {
  const place = parsePlace(reference, cx.cwd);
  const spec = await specOf(cx, options);
  // What it is attached to must be there: a layout that is not is not made for it.
  return withSource(cx, place, async ({ reference: subject }) => {
    const { store } = cx.ports;
    const attached = await attach(openTarget(cx, place), subject, spec, {
      signal: cx.signal,
      store,
    });
    return { ...told(place, attached), subject: named(place, attached.subject) };
  });
}

/** See `artifactPull`. */
export function pull(
  cx: EngineContext,
  reference: string,
  { folder, replace }: ArtifactPullOptions,
): Promise<ArtifactPulled> {
  const place = parsePlace(reference, cx.cwd);
  return withSource(cx, place, async ({ source, reference: wanted }) => {
    const into = resolve(cx.cwd, folder);
    const { signal } = cx;
    const pulled = await pullArtifact(source, wanted, into, { signal, replace });
    const { descriptor, artifactType, annotations, parts, untitled } = pulled;
    return {
      reference: named(place, descriptor),
      digest: descriptor.digest,
      artifactType: artifactType ?? null,
      annotations: annotations ?? {},
      files: parts.map(({ title, path, kind, reused, descriptor: { digest, size } }) => ({
        ...{ title, path, kind, reused, digest, size },
      })),
      untitled: untitled.map(({ digest }) => digest),
    };
  });
}

/** See `artifactDiscover`. */
export function discoverFrom(
  cx: EngineContext,
  reference: string,
  artifactType: string | undefined,
): Promise<ArtifactDiscovered> {
  const place = parsePlace(reference, cx.cwd);
  return withSource(cx, place, async ({ source, reference: wanted }) => {
    const filter = artifactType === undefined ? {} : { artifactType };
    const tree = await discover(source, wanted, { signal: cx.signal, ...filter });
    return { reference: named(place, tree.descriptor), ...tree };
  });
}

/** See `artifactCopy`. */
export function copyTo(
  cx: EngineContext,
  from: string,
  to: string,
  options: ArtifactCopyOptions,
): Promise<ArtifactCopied> {
  const source = parsePlace(from, cx.cwd);
  const target = parsePlace(to, cx.cwd);
  const tag = tagOf(target) ?? tagOf(source);
  return withSource(cx, source, async (open) => {
    const { root, nodes, sent } = await copy(open.source, openTarget(cx, target), open.reference, {
      signal: cx.signal,
      ...options,
      mountFrom: mountsFrom(source, target),
      onProgress: (progress) => notify(cx, progress),
      ...(tag !== undefined && { tag }),
    });
    const count = (how: string): number => nodes.filter((node) => node.how === how).length;
    return {
      reference: named(target, root),
      digest: root.digest,
      ...(tag !== undefined && { tag }),
      nodes: {
        present: count('present'),
        mounted: count('mounted'),
        uploaded: count('uploaded'),
        leftOut: count('left-out'),
      },
      sent,
    };
  });
}

function mountsFrom(source: Place, target: Place): readonly string[] {
  if (source.kind !== 'registry' || target.kind !== 'registry') return [];
  const isSame = source.registry === target.registry && source.repository !== target.repository;
  return isSame ? [source.repository] : [];
}

function notify({ host }: EngineContext, { descriptor, sent, how }: CopyProgress): void {
  const { digest, size } = descriptor;
  const name = nameOf(descriptor);
  if (how === undefined) host.notify({ code: 'blob-progress', name, digest, sent, size });
  else if (how !== 'left-out') host.notify({ code: 'blob-done', name, digest, size, how });
  else host.notify({ code: 'note', message: `${name} may not be distributed: it was left out` });
}

function nameOf({ annotations, mediaType, digest }: Descriptor): string {
  const title = annotations?.['org.opencontainers.image.title'];
  return title ?? (isManifestType(mediaType) ? 'manifest' : digest.slice(0, 19));
}

function named(place: Place, { digest }: Descriptor): string {
  return `${placeName(place)}@${digest}`;
}

function told(place: Place, { descriptor, layers, sent }: PushedArtifact): ArtifactPushed {
  return {
    reference: named(place, descriptor),
    digest: descriptor.digest,
    size: descriptor.size,
    artifactType: descriptor.artifactType ?? null,
    layers,
    sent,
  };
}

/** A file may have its media type behind a colon, as ORAS has it: `report.json:application/json`. */
async function specOf(cx: EngineContext, options: ArtifactOptions): Promise<ArtifactSpec> {
  const { artifactType, annotations, created } = options;
  const files: ArtifactSpec['files'][number][] = [];
  for (const text of options.files) files.push(await fileOf(cx.cwd, text));
  return {
    files,
    folder: cx.cwd,
    ...(artifactType !== undefined && { artifactType }),
    ...(annotations !== undefined && { annotations }),
    ...(created !== undefined && { created }),
  };
}

async function fileOf(cwd: string, text: string): Promise<ArtifactSpec['files'][number]> {
  const typed = /^(?<path>.+):(?<mediaType>[\w.+-]+\/[\w.+-]+)$/s.exec(text)?.groups;
  const { path, mediaType } = typed ?? {};
  if (path === undefined || mediaType === undefined) return { path: text };
  const isPath = await stat(resolve(cwd, text)).then(
    () => true,
    () => false,
  );
  return isPath ? { path: text } : { path, mediaType };
}

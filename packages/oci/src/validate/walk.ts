import { mlcError } from '@mlcontainer/plugin-kit';
import type { Descriptor } from '../descriptor.ts';
import type { LayoutFile } from '../read/files.ts';
import { ShapeFault } from '../read/json.ts';
import { readSmall, type Layout } from '../read/open.ts';
import { checkLayer, checkStored } from './layer.ts';
import type { FindingList, ImageFacts, LayerFacts } from './report.ts';

/** The state of one validation. */
export interface Walk {
  readonly layout: Layout;
  readonly findings: FindingList;
  readonly images: ImageFacts[];
  readonly signal: AbortSignal;
  /** Blobs that something refers to, by digest. */
  readonly reached: Set<string>;
  /** Documents that could not be read: what they refer to is unknown. */
  readonly unread: Set<string>;
  /** Layers read already: images of one index share them. */
  readonly layers: Map<string, LayerFacts | undefined>;
}

/** Reads and checks a JSON blob; undefined, with a finding, when it is missing or not what it should be. */
export async function readDocument<T extends object>(
  walk: Walk,
  descriptor: Descriptor,
  parse: (bytes: Uint8Array) => T,
): Promise<T | undefined> {
  const { digest, mediaType } = descriptor;
  const file = find(walk, descriptor);
  if (file === undefined) {
    walk.unread.add(digest);
    return undefined;
  }
  await checkStored(descriptor, file, walk.findings, walk.signal);
  try {
    const document = parse(await readSmall(file));
    const own = (document as { mediaType?: string }).mediaType;
    if (own === undefined || own === mediaType) return document;
    walk.findings.add(
      mlcError('MLC6055', { digest, mediaType, detail: `it calls itself ${own}` }),
      digest,
    );
    return document;
  } catch (error) {
    if (!(error instanceof ShapeFault)) throw error;
    walk.findings.add(
      mlcError('MLC6057', { digest, detail: error.message }, { cause: error }),
      digest,
    );
    walk.unread.add(digest);
    return undefined;
  }
}

/** Checks digest and size of a blob that nobody here understands. */
export async function readOther(walk: Walk, descriptor: Descriptor): Promise<void> {
  const file = find(walk, descriptor);
  if (file !== undefined) await checkStored(descriptor, file, walk.findings, walk.signal);
}

/** Reads and checks a layer, once for the whole layout. */
export async function readLayer(
  walk: Walk,
  descriptor: Descriptor,
): Promise<LayerFacts | undefined> {
  const { digest } = descriptor;
  const key = `${digest} ${descriptor.mediaType} ${descriptor.size}`;
  if (walk.layers.has(key)) return walk.layers.get(key);
  const file = find(walk, descriptor);
  const facts = file && (await checkLayer(descriptor, file, walk.findings, walk.signal));
  walk.layers.set(key, facts);
  return facts;
}

function find(walk: Walk, descriptor: Descriptor): LayoutFile | undefined {
  const { digest, mediaType } = descriptor;
  walk.signal.throwIfAborted();
  const file = walk.layout.blob(digest);
  if (file === undefined && !walk.reached.has(digest)) {
    walk.findings.add(mlcError('MLC6050', { digest, detail: mediaType }), digest);
  }
  walk.reached.add(digest);
  return file;
}

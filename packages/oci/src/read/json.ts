import type { Descriptor, Digest } from '../descriptor.ts';

/** An image index as read (image-spec image-index.md). */
export interface IndexJson {
  readonly mediaType?: string;
  readonly manifests: readonly Descriptor[];
  /** What it is attached to. */
  readonly subject?: Descriptor;
  readonly artifactType?: string;
  readonly annotations?: Readonly<Record<string, string>>;
}

/** An image manifest as read (image-spec manifest.md). */
export interface ManifestJson {
  readonly mediaType?: string;
  readonly config: Descriptor;
  readonly layers: readonly Descriptor[];
  /** What it is attached to. */
  readonly subject?: Descriptor;
  readonly artifactType?: string;
  readonly annotations?: Readonly<Record<string, string>>;
}

/** An image configuration as read (image-spec config.md). */
export interface ConfigJson {
  readonly architecture: string;
  readonly os: string;
  readonly variant?: string;
  readonly created?: string;
  readonly config?: {
    readonly User?: string;
    readonly WorkingDir?: string;
    readonly Entrypoint?: readonly string[] | null;
    readonly Cmd?: readonly string[] | null;
    readonly Env?: readonly string[] | null;
    readonly Labels?: Readonly<Record<string, string>> | null;
    readonly ExposedPorts?: Readonly<Record<string, object>> | null;
    readonly StopSignal?: string;
  };
  readonly rootfs: { readonly type: string; readonly diff_ids: readonly Digest[] };
  readonly history?: readonly HistoryJson[];
}

/** One step of an image’s history (image-spec, config.md, `history`). */
export interface HistoryJson {
  readonly created?: string;
  readonly created_by?: string;
  readonly comment?: string;
  readonly empty_layer?: boolean;
}

/** Thrown where a document has not the shape that the specification wants. */
export class ShapeFault extends Error {}

type Json = Readonly<Record<string, unknown>>;

const DIGEST = /^sha256:[0-9a-f]{64}$/;

/** Whether a value is a SHA-256 digest in the form of image-spec descriptor.md, Digests. */
export function isDigest(value: unknown): value is Digest {
  return typeof value === 'string' && DIGEST.test(value);
}

/** Parses bytes as a JSON object. Throws a ShapeFault. */
export function parseObject(bytes: Uint8Array): Json {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (cause) {
    throw new ShapeFault('no JSON', { cause });
  }
  return object(value, 'the document');
}

/** Reads the members of an image index (image-spec image-index.md). Throws a ShapeFault. */
export function toIndex(json: Json): IndexJson {
  checkSchema(json);
  const manifests = list(json['manifests'], 'manifests').map((item, at) =>
    toDescriptor(item, `manifests[${at}]`),
  );
  return { ...mediaTypeOf(json), manifests, ...artifactOf(json) };
}

/** Reads the members of an image manifest (image-spec manifest.md). Throws a ShapeFault. */
export function toManifest(json: Json): ManifestJson {
  checkSchema(json);
  const config = toDescriptor(json['config'], 'config');
  const layers = list(json['layers'], 'layers').map((item, at) =>
    toDescriptor(item, `layers[${at}]`),
  );
  return { ...mediaTypeOf(json), config, layers, ...artifactOf(json) };
}

/** Other writers put `null` where a member is absent. */
function isGiven(value: unknown): boolean {
  return value !== undefined && value !== null;
}

/** What manifests and indexes have in common since version 1.1 of the specification. */
function artifactOf(json: Json): Pick<ManifestJson, 'subject' | 'artifactType' | 'annotations'> {
  const { subject, artifactType, annotations } = json;
  return {
    ...(isGiven(subject) && { subject: toDescriptor(subject, 'subject') }),
    ...(typeof artifactType === 'string' && artifactType !== '' && { artifactType }),
    ...(isGiven(annotations) && {
      annotations: object(annotations, 'annotations') as Readonly<Record<string, string>>,
    }),
  };
}

/** Reads the members of an image configuration (image-spec config.md). Throws a ShapeFault. */
export function toConfig(json: Json): ConfigJson {
  if (typeof json['architecture'] !== 'string') throw new ShapeFault('architecture is missing');
  if (typeof json['os'] !== 'string') throw new ShapeFault('os is missing');
  const rootfs = object(json['rootfs'], 'rootfs');
  if (!list(rootfs['diff_ids'], 'rootfs.diff_ids').every(isDigest))
    throw new ShapeFault('rootfs.diff_ids has no digests');
  if (json['history'] !== undefined)
    list(json['history'], 'history').forEach((item, at) => object(item, `history[${at}]`));
  return json as unknown as ConfigJson;
}

function toDescriptor(value: unknown, where: string): Descriptor {
  const json = object(value, where);
  if (!isDigest(json['digest'])) throw new ShapeFault(`${where} has no sha256 digest`);
  if (typeof json['mediaType'] !== 'string') throw new ShapeFault(`${where} has no media type`);
  if (!Number.isSafeInteger(json['size']) || Number(json['size']) < 0)
    throw new ShapeFault(`${where} has no size`);
  return json as unknown as Descriptor;
}

function checkSchema(json: Json): void {
  if (json['schemaVersion'] !== 2) throw new ShapeFault('schemaVersion is not 2');
}

function mediaTypeOf(json: Json): { readonly mediaType?: string } {
  return typeof json['mediaType'] === 'string' ? { mediaType: json['mediaType'] } : {};
}

function object(value: unknown, where: string): Json {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Json;
  throw new ShapeFault(`${where} is no object`);
}

function list(value: unknown, where: string): readonly unknown[] {
  if (Array.isArray(value)) return value;
  throw new ShapeFault(`${where} is no list`);
}

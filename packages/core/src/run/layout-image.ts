import { createHash } from 'node:crypto';
import { MEDIA_TYPES, type Descriptor, type Layout } from '@mlcontainer/oci';
import { mlcError, platformName, type Platform } from '@mlcontainer/plugin-kit';

/** The part of an image configuration (image-spec, config.md) that starting it needs. */
export interface ImageConfig {
  readonly architecture?: string;
  readonly config?: {
    readonly User?: string;
    readonly Env?: readonly string[];
    readonly Entrypoint?: readonly string[] | null;
    readonly Cmd?: readonly string[] | null;
    readonly WorkingDir?: string;
    readonly ExposedPorts?: Readonly<Record<string, unknown>>;
  };
}

/** One image of a layout: its manifest's parts, all found. */
export interface LayoutImage {
  readonly layout: Layout;
  readonly digest: string;
  readonly configDigest: string;
  readonly configBytes: Uint8Array;
  readonly config: ImageConfig;
  readonly layers: readonly Descriptor[];
}

interface Manifest {
  readonly config: Descriptor;
  readonly layers: readonly Descriptor[];
}

const MAX_DEPTH = 4;

/**
 * The image of one platform in an open OCI layout. Manifest and configuration are verified by hash, the layers when
 * they are read. Throws MLC8005 when the platform is missing, MLC8007 when blobs are missing or changed.
 */
export async function findImage(layout: Layout, platform: Platform): Promise<LayoutImage> {
  const found = await imagesOf(layout, layout.index.manifests, 0);
  const match = found.find(({ architecture }) => architecture === platform.architecture);
  if (match !== undefined) return match.image;
  const available = found.map(({ architecture }) => `linux/${architecture}`).join(', ') || 'none';
  throw mlcError('MLC8005', {
    layout: layout.path,
    platform: platformName(platform),
    available,
  });
}

interface Candidate {
  readonly architecture: string;
  readonly image: LayoutImage;
}

/** Every image of an index, those of nested indexes too (image-spec, image-index.md). */
async function imagesOf(
  layout: Layout,
  descriptors: readonly Descriptor[],
  depth: number,
): Promise<Candidate[]> {
  if (depth > MAX_DEPTH) throw unusable(layout, 'its indexes are nested too deeply');
  const found: Candidate[] = [];
  for (const descriptor of descriptors) {
    if (descriptor.artifactType !== undefined) continue;
    const bytes = await readBlob(layout, descriptor);
    if (descriptor.mediaType === MEDIA_TYPES.index) {
      const nested = parse<{ manifests?: readonly Descriptor[] }>(layout, bytes);
      found.push(...(await imagesOf(layout, nested.manifests ?? [], depth + 1)));
    } else {
      found.push(await imageOf(layout, descriptor, parse<Manifest>(layout, bytes)));
    }
  }
  return found;
}

async function imageOf(layout: Layout, own: Descriptor, manifest: Manifest): Promise<Candidate> {
  const configBytes = await readBlob(layout, manifest.config);
  const config = parse<ImageConfig>(layout, configBytes);
  const architecture = own.platform?.architecture ?? config.architecture ?? 'unknown';
  const { layers, config: descriptor } = manifest;
  const digests = { digest: own.digest, configDigest: descriptor.digest };
  return { architecture, image: { layout, ...digests, configBytes, config, layers } };
}

/** A small blob, verified. */
async function readBlob(layout: Layout, descriptor: Descriptor): Promise<Uint8Array> {
  const file = layout.blob(descriptor.digest);
  if (file?.size !== descriptor.size) {
    const state = file === undefined ? 'is missing' : 'has another size';
    throw unusable(layout, `${descriptor.digest} ${state}`);
  }
  const parts: Uint8Array[] = [];
  for await (const part of file.open()) parts.push(part);
  const bytes = Buffer.concat(parts);
  const actual = `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
  if (actual !== descriptor.digest) throw unusable(layout, `${descriptor.digest} was changed`);
  return bytes;
}

function parse<T>(layout: Layout, bytes: Uint8Array): T {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes)) as T;
  } catch (cause) {
    throw unusable(layout, 'a file of it is not JSON', cause);
  }
}

/** A layout whose files do not hold together. */
export function unusable(layout: Layout, detail: string, cause?: unknown): Error {
  return mlcError('MLC8007', { layout: layout.path, detail }, { cause });
}

import { isDigest } from '../digest.ts';

const OCI_MANIFEST = 'application/vnd.oci.image.manifest.v1+json';
const OCI_INDEX = 'application/vnd.oci.image.index.v1+json';
const DOCKER_MANIFEST = 'application/vnd.docker.distribution.manifest.v2+json';
const DOCKER_LIST = 'application/vnd.docker.distribution.manifest.list.v2+json';

const IMAGES: ReadonlySet<string> = new Set([OCI_MANIFEST, DOCKER_MANIFEST]);
const INDEXES: ReadonlySet<string> = new Set([OCI_INDEX, DOCKER_LIST]);

/** A part that a manifest names. */
export interface Reference {
  readonly digest: string;
  readonly size: number;
  readonly kind: 'blob' | 'manifest';
}

/** What the registry has to know of a manifest. */
export interface ManifestForm {
  readonly references: readonly Reference[];
  readonly subject: string | undefined;
}

interface Descriptor {
  readonly mediaType?: unknown;
  readonly digest?: unknown;
  readonly size?: unknown;
}

/**
 * Reads a manifest or index of image-spec 1.1 (or Docker's schema 2) as far as a registry has to; a text says why it
 * is none. Fields that nobody knows are allowed.
 */
export function manifestForm(bytes: Uint8Array, contentType: string): ManifestForm | string {
  if (!IMAGES.has(contentType) && !INDEXES.has(contentType))
    return `Content-Type is ${contentType}, which is no manifest's`;
  const value = parse(bytes);
  if (value === undefined) return 'it is no JSON object';
  if (value.schemaVersion !== 2) return 'schemaVersion is not 2';
  if (value.mediaType !== undefined && value.mediaType !== contentType)
    return `mediaType ${JSON.stringify(value.mediaType)} is not the Content-Type ${contentType}`;
  const subject = value.subject as Descriptor | undefined;
  if (subject !== undefined && !isDescriptor(subject)) return 'subject is no descriptor';
  const references = INDEXES.has(contentType) ? ofIndex(value) : ofImage(value);
  if (typeof references === 'string') return references;
  return { references, subject: subject === undefined ? undefined : String(subject.digest) };
}

function parse(bytes: Uint8Array): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
    return isObject ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

function ofImage({ config, layers }: Record<string, unknown>): readonly Reference[] | string {
  if (!isDescriptor(config)) return 'config is no descriptor';
  if (!Array.isArray(layers) || !layers.every(isDescriptor)) return 'layers are no descriptors';
  return [config, ...layers]
    .filter((descriptor) => !isForeign(descriptor))
    .map((descriptor) => toReference(descriptor, 'blob'));
}

function ofIndex({ manifests }: Record<string, unknown>): readonly Reference[] | string {
  if (!Array.isArray(manifests) || !manifests.every(isDescriptor))
    return 'manifests are no descriptors';
  return manifests.map((descriptor) => toReference(descriptor, 'manifest'));
}

/** A layer that is fetched from elsewhere need not be in the registry. */
function isForeign({ mediaType }: Descriptor): boolean {
  return /\.nondistributable\.|\.rootfs\.foreign\./.test(String(mediaType));
}

function isDescriptor(value: unknown): value is Descriptor {
  if (typeof value !== 'object' || value === null) return false;
  const { mediaType, digest, size } = value as Descriptor;
  const known = typeof digest === 'string' && isDigest(digest);
  return typeof mediaType === 'string' && known && Number.isSafeInteger(size) && Number(size) >= 0;
}

function toReference({ digest, size }: Descriptor, kind: Reference['kind']): Reference {
  return { digest: String(digest), size: Number(size), kind };
}

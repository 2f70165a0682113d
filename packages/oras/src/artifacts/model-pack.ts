import { basename } from 'node:path/posix';
import { digestOf, type Descriptor, type Digest } from '@mlcontainer/oci';
import type { ByteStream, ModelFacts } from '@mlcontainer/plugin-kit';
import { streamOf } from '../copy/collect.ts';
import type { Content, ContentTarget } from '../content.ts';
import { sortedRecord } from './files.ts';
import { ANNOTATIONS } from './media-types.ts';
import {
  manifestContent,
  pushParts,
  type PushArtifactOptions,
  type PushedArtifact,
} from './push.ts';

/** Media types of the CNCF model format specification (modelpack/model-spec, docs/spec.md). */
export const MODEL_PACK_TYPES = {
  manifest: 'application/vnd.cncf.model.manifest.v1+json',
  config: 'application/vnd.cncf.model.config.v1+json',
  weightRaw: 'application/vnd.cncf.model.weight.v1.raw',
  weightTar: 'application/vnd.cncf.model.weight.v1.tar',
  weightTarGzip: 'application/vnd.cncf.model.weight.v1.tar+gzip',
  weightTarZstd: 'application/vnd.cncf.model.weight.v1.tar+zstd',
} as const;

/** docs/annotations.md of the specification, and what it has no place for. */
const FILE_PATH = 'org.cncf.model.filepath';
const FILE_METADATA = 'org.cncf.model.file.metadata+json';
const UNTESTED = 'org.cncf.model.file.mediatype.untested';
const PACKAGES = 'dev.mlcontainer.model.packages';
const ESTIMATOR = 'dev.mlcontainer.model.estimator';

/** The model's bytes as a layer of the artifact: the file as it is, or a tar that an image has as its model layer. */
export interface ModelWeights {
  readonly mediaType:
    | typeof MODEL_PACK_TYPES.weightRaw
    | typeof MODEL_PACK_TYPES.weightTar
    | typeof MODEL_PACK_TYPES.weightTarGzip
    | typeof MODEL_PACK_TYPES.weightTarZstd;
  readonly digest: Digest;
  /** Bytes. */
  readonly size: number;
  /** Of the bytes without compression. */
  readonly diffId: Digest;
}

/** What is known of a model. */
export interface ModelPackSpec {
  readonly facts: ModelFacts;
  /** The image's name, or another name for the model. */
  readonly name: string;
  readonly version?: string;
  /** RFC 3339; nothing is written when it is left out, so that the same model makes the same artifact. */
  readonly createdAt?: string;
  /** The file itself when left out. */
  readonly weights?: ModelWeights;
  /** Where the file belongs for whoever unpacks it; its name when left out. */
  readonly filePath?: string;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly subject?: Descriptor;
}

/** A model artifact without its weights. */
export interface ModelPack {
  readonly manifest: Content;
  readonly config: Content;
  readonly weights: Descriptor;
}

/**
 * A model as an artifact of its own (CNCF ModelPack: modelpack/model-spec, docs/spec.md, config.md, annotations.md),
 * made from what inspection read. The config holds what the specification has a member for; framework versions and
 * the estimator, for which it has none, become annotations. Clients of ORAS find the file by its title.
 */
export function modelPack(spec: ModelPackSpec): ModelPack {
  const weights = weightsOf(spec);
  const config = configOf(spec, weights.diffId);
  const manifest = manifestContent({
    artifactType: MODEL_PACK_TYPES.manifest,
    config: config.descriptor,
    layers: [weights.descriptor],
    ...(spec.subject !== undefined && { subject: spec.subject }),
    ...annotationsOf(spec),
  });
  return { manifest, config, weights: weights.descriptor };
}

/** Pushes a model as an artifact of its own. `open` gives the weights' bytes from the start each time. */
export function pushModelPack(
  target: ContentTarget,
  spec: ModelPackSpec,
  open: () => ByteStream,
  options: Omit<PushArtifactOptions, 'store'>,
): Promise<PushedArtifact> {
  const { manifest, config, weights } = modelPack(spec);
  return pushParts(target, manifest, [config, { descriptor: weights, open }], options);
}

function weightsOf({ facts, weights, filePath = facts.fileName }: ModelPackSpec): {
  readonly descriptor: Descriptor;
  readonly diffId: Digest;
} {
  const own: Digest = `sha256:${facts.sha256}`;
  const { mediaType, digest, size, diffId } = weights ?? {
    mediaType: MODEL_PACK_TYPES.weightRaw,
    digest: own,
    size: facts.size,
    diffId: own,
  };
  const annotations = sortedRecord({
    [FILE_PATH]: filePath,
    [FILE_METADATA]: fileMetadata(facts, filePath),
    [UNTESTED]: 'false',
    ...(mediaType === MODEL_PACK_TYPES.weightRaw && { [ANNOTATIONS.title]: filePath }),
  });
  return { descriptor: { mediaType, digest, size, annotations }, diffId };
}

/** Times and owners are constants, as in our layers (docs/spec.md, "Reproducibility"). */
function fileMetadata({ size }: ModelFacts, filePath: string): string {
  return JSON.stringify({
    name: basename(filePath),
    mode: 0o644,
    uid: 0,
    gid: 0,
    size,
    mtime: '1970-01-01T00:00:00Z',
    // A regular file of a tar, as the number of its character.
    typeflag: '0'.charCodeAt(0),
  });
}

function configOf({ name, version, createdAt, facts }: ModelPackSpec, diffId: Digest): Content {
  const json = {
    descriptor: {
      ...(createdAt !== undefined && { createdAt }),
      name,
      ...(version !== undefined && { version }),
    },
    config: { format: facts.format },
    modelfs: { type: 'layers', diffIds: [diffId] },
  };
  const bytes = Buffer.from(JSON.stringify(json));
  const mediaType = MODEL_PACK_TYPES.config;
  return {
    descriptor: { mediaType, digest: digestOf(bytes), size: bytes.length },
    open: () => streamOf(bytes),
  };
}

function annotationsOf({ facts, annotations }: ModelPackSpec): {
  readonly annotations?: Readonly<Record<string, string>>;
} {
  const packages = facts.packages.map(({ name, version, specifier = '' }) =>
    version === undefined ? `${name}${specifier}` : `${name}==${version}`,
  );
  const all = {
    ...(packages.length > 0 && { [PACKAGES]: packages.join(' ') }),
    ...(facts.estimator !== undefined && { [ESTIMATOR]: facts.estimator.className }),
    ...annotations,
  };
  return Object.keys(all).length === 0 ? {} : { annotations: sortedRecord(all) };
}

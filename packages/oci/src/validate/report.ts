import {
  isMlcError,
  mlcError,
  type ErrorCode,
  type Finding,
  type MlcError,
} from '@mlcontainer/plugin-kit';
import type { Descriptor, Digest } from '../descriptor.ts';
import type { ConfigJson } from '../read/json.ts';

/** What a layer is, recomputed from its bytes. */
export interface LayerFacts {
  readonly digest: Digest;
  readonly mediaType: string;
  /** Bytes as stored. */
  readonly size: number;
  readonly diffId: Digest;
  /** Bytes of the tar. */
  readonly uncompressedSize: number;
  readonly entries: number;
}

/** A layer in an image. */
export interface ImageLayerFacts extends LayerFacts {
  /** The history's words for it. */
  readonly createdBy?: string;
  readonly comment?: string;
}

/** An image of a layout. */
export interface ImageFacts {
  /** Of the manifest. */
  readonly digest: Digest;
  /** `org.opencontainers.image.ref.name` or containerd's full name, where the layout gives one. */
  readonly name?: string;
  readonly platform:
    NonNullable<Descriptor['platform']> | { readonly os: string; readonly architecture: string };
  readonly config: ConfigJson;
  readonly annotations: Readonly<Record<string, string>>;
  /** The lowest first; layers that could not be read are missing. */
  readonly layers: readonly ImageLayerFacts[];
  /** Bytes of all layers as stored. */
  readonly compressedSize: number;
  /** Bytes of all tars. */
  readonly uncompressedSize: number;
}

/** What validateLayout found. */
export interface ValidationReport {
  readonly kind: 'folder' | 'archive';
  /** No finding is an error. */
  readonly valid: boolean;
  readonly findings: readonly Finding[];
  readonly images: readonly ImageFacts[];
}

/** Collects findings. */
export interface FindingList {
  readonly all: readonly Finding[];
  add(error: MlcError, where?: string): void;
}

/** Legal in an image of others, though never made here: worth a word, no reason to refuse. */
const WARNINGS: ReadonlySet<string> = new Set<ErrorCode>([
  'MLC6011',
  'MLC6012',
  'MLC6013',
  'MLC6014',
  'MLC6015',
  'MLC6030',
  'MLC6056',
]);
/** Findings of one code at one place that are listed one by one. */
const LISTED = 20;

export function createFindings(): FindingList {
  const all: Finding[] = [];
  const counts = new Map<string, number>();
  return {
    all,
    add: (error, where) => {
      const key = `${error.code} ${where ?? ''}`;
      const count = (counts.get(key) ?? 0) + 1;
      counts.set(key, count);
      if (count <= LISTED) all.push(toFinding(error, where));
      if (count === LISTED + 1)
        all.push({ ...toFinding(error, where), message: `${error.title}: and more.` });
    },
  };
}

function toFinding(error: MlcError, where: string | undefined): Finding {
  const severity = WARNINGS.has(error.code) ? 'warning' : 'error';
  const { code, message, fix } = error;
  return { code, severity, message, fix, ...(where !== undefined && { where }) };
}

/** An error while a blob is read, as one with a code: damage is a finding, an abort or a disk failure is not. */
export function readingFault(error: unknown, digest: string): MlcError {
  if (isMlcError(error)) return error;
  const code = (error as { code?: unknown }).code;
  if (typeof code !== 'string' || !/^(Z_|ZSTD_|ERR_)/.test(code)) throw error;
  return mlcError('MLC6057', { digest, detail: (error as Error).message }, { cause: error });
}

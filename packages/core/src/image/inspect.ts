import path from 'node:path';
import { validateLayout } from '@mlcontainer/oci';
import type { Finding } from '@mlcontainer/plugin-kit';
import type { EngineContext } from '../context.ts';

/** What an OCI layout or archive holds, and whether every digest, diffID and size in it is true. */
export interface ImageInspection {
  readonly findings: readonly Finding[];
  readonly images: readonly InspectedImage[];
}

/** One platform’s image, as its own files describe it. */
export interface InspectedImage {
  readonly platform: string;
  readonly digest: string;
  readonly user: string;
  readonly entrypoint: readonly string[];
  readonly labels: Readonly<Record<string, string>>;
  /** Bytes, as stored and as they unpack. */
  readonly size: number;
  readonly uncompressedSize: number;
  readonly layers: readonly InspectedLayer[];
}

/** One layer of an inspected image; digests as `sha256:…`, size in bytes as stored. */
export interface InspectedLayer {
  readonly digest: string;
  readonly diffId: string;
  readonly mediaType: string;
  readonly size: number;
  /** What the history says of it. */
  readonly title?: string;
}

/** Recomputes an image on disk from its bytes; believes nothing that it says of itself. */
export async function validateImage(cx: EngineContext, file: string): Promise<ImageInspection> {
  const report = await validateLayout(path.resolve(cx.cwd, file), { signal: cx.signal });
  const images = report.images.map((image): InspectedImage => {
    const { digest, platform, compressedSize, uncompressedSize, layers } = image;
    const config = image.config.config ?? {};
    return {
      platform: `${platform.os}/${platform.architecture}`,
      digest,
      user: config.User ?? '',
      entrypoint: config.Entrypoint ?? [],
      labels: config.Labels ?? {},
      size: compressedSize,
      uncompressedSize,
      layers: layers.map(inspectedLayer),
    };
  });
  return { findings: report.findings, images };
}

function inspectedLayer(layer: {
  readonly digest: string;
  readonly diffId: string;
  readonly mediaType: string;
  readonly size: number;
  readonly createdBy?: string;
}): InspectedLayer {
  const { digest, diffId, mediaType, size, createdBy } = layer;
  const title = createdBy?.replace(/^mlcontainer: /, '');
  return { digest, diffId, mediaType, size, ...(title === undefined ? {} : { title }) };
}

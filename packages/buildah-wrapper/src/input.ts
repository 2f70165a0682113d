import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { assembleImage, blobPath, type AssembledImage } from '@mlcontainer/oci';
import type { Platform } from '@mlcontainer/plugin-kit';
import type { LowerLayer } from './lower.ts';

/** What a build container is made of. */
export interface Container {
  /** The lowest first; those that are only built with come last. */
  readonly layers: readonly LowerLayer[];
  readonly platform: Platform;
  readonly env: Readonly<Record<string, string>>;
}

/** Writes the container's image as an OCI layout whose layers are links to files elsewhere. */
export async function writeInput(folder: string, container: Container): Promise<void> {
  const image = imageOf(container);
  const { descriptor } = image;
  await mkdir(join(folder, dirname(blobPath(descriptor.digest))), { recursive: true });
  for (const { digest, path } of new Map(container.layers.map((one) => [one.digest, one])).values())
    await symlink(path, join(folder, blobPath(digest)));
  for (const blob of [image.manifest, image.config])
    await writeFile(join(folder, blobPath(blob.descriptor.digest)), blob.bytes);
  await writeFile(join(folder, 'oci-layout'), '{"imageLayoutVersion":"1.0.0"}');
  await writeFile(
    join(folder, 'index.json'),
    JSON.stringify({ schemaVersion: 2, manifests: [descriptor] }),
  );
}

function imageOf({ layers, platform, env }: Container): AssembledImage {
  return assembleImage({
    platform,
    config: { user: '0:0', workingDir: '/', entrypoint: ['/bin/sh'], env },
    layers: layers.map(({ mediaType, digest, diffId, size }) => ({
      descriptor: { mediaType, digest, size },
      diffId,
      history: { createdBy: 'mlcontainer' },
    })),
  });
}

/**
 * A layout for buildah to push into, in which the layers below seem to lie already (empty files of their names), so
 * that they are not written once more. A builder that does not fall for it writes them, and nothing but time is lost.
 */
export async function preparePush(folder: string, { layers }: Container): Promise<void> {
  await mkdir(join(folder, 'blobs/sha256'), { recursive: true });
  for (const digest of new Set(layers.map(({ diffId }) => diffId)))
    await writeFile(join(folder, blobPath(digest)), '');
}

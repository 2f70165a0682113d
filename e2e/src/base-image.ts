import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { output } from '@mlcontainer/tools';
import { layoutManifest } from './project.ts';

const TYPES = {
  manifest: 'application/vnd.oci.image.manifest.v1+json',
  config: 'application/vnd.oci.image.config.v1+json',
  layer: 'application/vnd.oci.image.layer.v1.tar+gzip',
} as const;

/** The layers of the system and of Python in an image that was built on Debian: those below the first wheel. */
export async function debianLayers(layout: string): Promise<readonly Buffer[]> {
  const { layers, config } = await layoutManifest(layout);
  const { history } = JSON.parse((await blobOf(layout, config.digest)).toString()) as {
    history: readonly { readonly comment: string }[];
  };
  const below = history.filter(({ comment }) => /slot (?:system|runtime)/.test(comment));
  return Promise.all(layers.slice(0, below.length).map(({ digest }) => blobOf(layout, digest)));
}

function blobOf(layout: string, digest: string): Promise<Buffer> {
  return readFile(join(layout, 'blobs', ...digest.split(':')));
}

/**
 * One layer as the images of the Python project have it: the same files, but Python below /usr/local, where it was
 * compiled to, and without any bytecode.
 */
export async function relaidLayer(layers: readonly Buffer[]): Promise<Buffer> {
  const folder = await mkdtemp(join(tmpdir(), 'mlc-relaid-'));
  const root = join(folder, 'root');
  try {
    await mkdir(root);
    for (const [at, layer] of layers.entries()) {
      const file = join(folder, `${at}.tar.gz`);
      await writeFile(file, layer);
      await output('tar', ['-xzf', file, '-C', root]);
    }
    for (const name of ['bin/python3.11', 'bin/python3', 'lib/python3.11'])
      await move(join(root, 'usr', name), join(root, 'usr/local', name));
    await output('find', [root, '-name', '__pycache__', '-prune', '-exec', 'rm', '-rf', '{}', '+']);
    const tar = join(folder, 'layer.tar');
    await output('tar', ['-C', root, '--sort=name', '--owner=0', '--group=0', '-cf', tar, '.']);
    return gzipSync(await readFile(tar), { level: 1 });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function move(from: string, to: string): Promise<void> {
  await rm(to, { recursive: true, force: true });
  await rename(from, to);
}

/** Writes an OCI layout with one image of gzip layers, under the tag `base`. */
export async function writeBaseLayout(
  folder: string,
  layers: readonly Buffer[],
  env: readonly string[],
): Promise<void> {
  await mkdir(join(folder, 'blobs/sha256'), { recursive: true });
  const put = async (mediaType: string, bytes: Buffer) => {
    const hex = createHash('sha256').update(bytes).digest('hex');
    await writeFile(join(folder, 'blobs/sha256', hex), bytes);
    return { mediaType, digest: `sha256:${hex}`, size: bytes.length };
  };
  const diffIds = layers.map(diffIdOf);
  const config = {
    ...{ architecture: 'amd64', os: 'linux', config: { Env: env, Cmd: ['python3'] } },
    rootfs: { type: 'layers', diff_ids: diffIds },
    history: layers.map((_, at) => ({ created_by: `layer ${at}` })),
  };
  const manifest = {
    ...{ schemaVersion: 2, mediaType: TYPES.manifest },
    config: await put(TYPES.config, json(config)),
    layers: await Promise.all(layers.map((layer) => put(TYPES.layer, layer))),
  };
  const root = await put(TYPES.manifest, json(manifest));
  const annotations = { 'org.opencontainers.image.ref.name': 'base' };
  await writeFile(join(folder, 'oci-layout'), json({ imageLayoutVersion: '1.0.0' }));
  const index = { schemaVersion: 2, manifests: [{ ...root, annotations }] };
  await writeFile(join(folder, 'index.json'), json(index));
}

function diffIdOf(layer: Buffer): string {
  return `sha256:${createHash('sha256').update(gunzipSync(layer)).digest('hex')}`;
}

function json(value: object): Buffer {
  return Buffer.from(JSON.stringify(value));
}

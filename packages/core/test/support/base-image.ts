import { createHash } from 'node:crypto';
import { withParents, writeLayer, type Entry } from '@mlcontainer/oci';
import type { Architecture } from '@mlcontainer/plugin-kit';
import type { TestRegistry } from '@mlcontainer/testing';
import { makeElf, type ElfSpec } from './elf.ts';

/** Files and links of one layer by path: a text or bytes, `->target` for a link, null for a whiteout. */
export type LayerFiles = Readonly<Record<string, string | Uint8Array | null>>;

/** A base image as it is made for a test. */
export interface BaseSpec {
  readonly layers: readonly LayerFiles[];
  readonly architecture?: Architecture;
  readonly env?: readonly string[];
  /** More of the configuration's `config`. */
  readonly config?: object;
  readonly history?: readonly object[];
  /** `docker`: schema 2. */
  readonly format?: 'oci' | 'docker';
}

/** The bytes of an image, ready to be put into a registry. */
export interface MadeBase {
  readonly architecture: Architecture;
  readonly manifest: Manifest;
  readonly config: Uint8Array;
  readonly layers: readonly Uint8Array[];
}

/** A manifest that a test may spoil before it is put into a registry. */
export interface Manifest {
  schemaVersion: 2;
  mediaType: string;
  config: { mediaType: string; digest: string; size: number };
  layers: { mediaType: string; digest: string; size: number; urls?: string[] }[];
}

const TYPES = {
  oci: {
    index: 'application/vnd.oci.image.index.v1+json',
    manifest: 'application/vnd.oci.image.manifest.v1+json',
    config: 'application/vnd.oci.image.config.v1+json',
    layer: 'application/vnd.oci.image.layer.v1.tar+gzip',
  },
  docker: {
    index: 'application/vnd.docker.distribution.manifest.list.v2+json',
    manifest: 'application/vnd.docker.distribution.manifest.v2+json',
    config: 'application/vnd.docker.container.image.v1+json',
    layer: 'application/vnd.docker.image.rootfs.diff.tar.gzip',
  },
} as const;

export const LOADER = '/lib64/ld-linux-x86-64.so.2';

/** A merged-usr system with the GNU C library, as far as inspection looks at it. */
export const SYSTEM: LayerFiles = {
  bin: '->usr/bin',
  lib: '->usr/lib',
  lib64: '->usr/lib64',
  'etc/os-release': 'PRETTY_NAME="Some Linux 12"\n',
  'etc/passwd': 'root:x:0:0:root:/root:/bin/sh\n',
  'etc/ssl/certs/ca-certificates.crt': '-----BEGIN CERTIFICATE-----\n',
  'usr/lib64/ld-linux-x86-64.so.2': '->/lib/x86_64-linux-gnu/ld-linux-x86-64.so.2',
  'usr/lib/x86_64-linux-gnu/ld-linux-x86-64.so.2': makeElf({}),
  'usr/lib/x86_64-linux-gnu/libc.so.6': makeElf({
    texts: ['GNU C Library (Some GLIBC 2.36-9) stable release version 2.36.\nCopyright'],
  }),
  ...Object.fromEntries(
    ['libdl.so.2', 'libgcc_s.so.1', 'libm.so.6', 'libpthread.so.0', 'librt.so.1'].map((name) => [
      `usr/lib/x86_64-linux-gnu/${name}`,
      makeElf({}),
    ]),
  ),
};

/** A Python below a prefix: its program and as much of its library as makes it whole. */
export function pythonFiles(prefix: string, version: string, elf: ElfSpec = {}): LayerFiles {
  const minor = version.split('.').slice(0, 2).join('.');
  const program = makeElf({ interpreter: LOADER, texts: [version], ...elf });
  return {
    [`${prefix}/bin/python${minor}`]: program,
    [`${prefix}/bin/python3`]: `->python${minor}`,
    [`${prefix}/lib/python${minor}/os.py`]: '',
    [`${prefix}/lib/python${minor}/encodings/__init__.py`]: '',
    [`${prefix}/lib/python${minor}/site-packages/pip-24.0.dist-info/METADATA`]: 'Name: pip\n',
  };
}

/** Writes the layers, and manifest and configuration over them. */
export async function makeBase(spec: BaseSpec): Promise<MadeBase> {
  const { architecture = 'amd64', env = ['PATH=/usr/local/bin:/usr/bin'], format = 'oci' } = spec;
  const types = TYPES[format];
  const made = await Promise.all(spec.layers.map(makeLayer));
  const config = json({
    architecture,
    os: 'linux',
    config: { Env: env, ...spec.config },
    rootfs: { type: 'layers', diff_ids: made.map(({ diffId }) => diffId) },
    history: spec.history ?? made.map((_, at) => ({ created_by: `step ${at}` })),
  });
  const manifest: Manifest = {
    schemaVersion: 2,
    mediaType: types.manifest,
    config: { mediaType: types.config, ...blob(config) },
    layers: made.map(({ bytes }) => ({ mediaType: types.layer, ...blob(bytes) })),
  };
  return { architecture, manifest, config, layers: made.map(({ bytes }) => bytes) };
}

async function makeLayer(files: LayerFiles) {
  const chunks: Uint8Array[] = [];
  const entries = withParents(Object.entries(files).map(([path, value]) => entryOf(path, value)));
  const write = (chunk: Uint8Array): void => {
    chunks.push(chunk);
  };
  const written = await writeLayer(entries, write, {
    compression: 'gzip',
    signal: AbortSignal.timeout(20_000),
    allowWhiteouts: true,
  });
  return { bytes: Buffer.concat(chunks), diffId: written.diffId };
}

function entryOf(path: string, value: string | Uint8Array | null): Entry {
  if (typeof value === 'string' && value.startsWith('->'))
    return { type: 'symlink', path, mode: 0o777, target: value.slice(2) };
  const at = path.lastIndexOf('/') + 1;
  const own = value === null ? `${path.slice(0, at)}.wh.${path.slice(at)}` : path;
  const bytes = Buffer.from(value ?? '');
  const mode = /\/bin\/|\/ld-linux-/.test(path) ? 0o755 : 0o644;
  return { type: 'file', path: own, mode, content: { kind: 'bytes', bytes } };
}

/** Puts an image, or an index over several, under a tag; gives its digest. */
export async function seedBase(
  registry: TestRegistry,
  name: string,
  ...images: readonly MadeBase[]
): Promise<string> {
  const [repository = '', tag = 'latest'] = name.split(':');
  for (const { config, layers } of images)
    for (const bytes of [config, ...layers]) await registry.seedBlob(repository, bytes);
  const [only] = images;
  const put = (document: { mediaType: string }, tags: readonly string[]): string =>
    registry.seedManifest({
      ...{ repository, tags },
      ...{ mediaType: document.mediaType, bytes: json(document) },
    });
  if (images.length === 1) return put(only!.manifest, [tag]);
  for (const { manifest } of images) put(manifest, []);
  const manifests = images.map(({ manifest, architecture }) => ({
    mediaType: manifest.mediaType,
    ...blob(json(manifest)),
    platform: { os: 'linux', architecture },
  }));
  const docker = only!.manifest.mediaType === TYPES.docker.manifest;
  const mediaType = TYPES[docker ? 'docker' : 'oci'].index;
  return put({ schemaVersion: 2, mediaType, manifests } as { mediaType: string }, [tag]);
}

function json(value: object): Buffer {
  return Buffer.from(JSON.stringify(value));
}

function blob(bytes: Uint8Array): { digest: string; size: number } {
  const digest = `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
  return { digest, size: bytes.length };
}

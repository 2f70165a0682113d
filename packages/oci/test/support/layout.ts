import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { MEDIA_TYPES } from '../../src/descriptor.ts';
import { digestOf } from '../../src/image/json.ts';

/* eslint-disable @typescript-eslint/no-explicit-any -- documents that tests bend at will */
type Json = any;

/** How a hand-made layout differs from a sound one; each change is followed by right digests above it. */
export interface Bend {
  readonly layer?: {
    readonly bytes: Uint8Array;
    readonly mediaType?: string;
    readonly diffId?: string;
  };
  readonly config?: (config: Json) => void;
  readonly manifest?: (manifest: Json) => void;
  readonly index?: (index: Json) => void;
  /** Last of all, on the files. */
  readonly files?: (
    folder: string,
    paths: { layer: string; config: string; manifest: string },
  ) => void;
}

/** Writes a layout of one image with one layer by hand. */
export function handMade(folder: string, sound: Uint8Array, bend: Bend = {}): string {
  mkdirSync(join(folder, 'blobs/sha256'), { recursive: true });
  const add = (bytes: Uint8Array, mediaType: string) => {
    const digest = digestOf(bytes);
    writeFileSync(join(folder, 'blobs/sha256', digest.slice(7)), bytes);
    return { mediaType, digest, size: bytes.length };
  };
  const addJson = (value: Json, mediaType: string, change?: (value: Json) => void) => {
    change?.(value);
    return add(Buffer.from(JSON.stringify(value)), mediaType);
  };
  const bytes = bend.layer?.bytes ?? sound;
  const layer = add(bytes, bend.layer?.mediaType ?? MEDIA_TYPES.layerGzip);
  const diffId = bend.layer?.diffId ?? digestOf(bytes[0] === 0x1f ? gunzipSync(bytes) : bytes);
  const rootfs = { type: 'layers', diff_ids: [diffId] };
  const history = [
    { created_by: 'ENV', empty_layer: true },
    { created_by: 'COPY', comment: 'c' },
  ];
  const config = addJson(
    { architecture: 'amd64', os: 'linux', rootfs, history },
    MEDIA_TYPES.config,
    bend.config,
  );
  const head = { schemaVersion: 2, mediaType: MEDIA_TYPES.manifest };
  const manifest = addJson(
    { ...head, config, layers: [layer] },
    MEDIA_TYPES.manifest,
    bend.manifest,
  );
  const root = { ...manifest, platform: { os: 'linux', architecture: 'amd64' } };
  const index: Json = { schemaVersion: 2, manifests: [root] };
  bend.index?.(index);
  writeFileSync(join(folder, 'index.json'), JSON.stringify(index));
  writeFileSync(join(folder, 'oci-layout'), '{"imageLayoutVersion": "1.0.0"}');
  const path = (item: { digest: string }): string =>
    join(folder, 'blobs/sha256', item.digest.slice(7));
  bend.files?.(folder, { layer: path(layer), config: path(config), manifest: path(manifest) });
  return folder;
}

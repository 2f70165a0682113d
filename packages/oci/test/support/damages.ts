import { readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { MEDIA_TYPES } from '../../src/descriptor.ts';
import { digestOf } from '../../src/image/json.ts';
import { file, layerOf, noise, prose } from './entries.ts';
import type { Bend } from './layout.ts';
import { rawTar, type RawEntry } from './raw-tar.ts';

export const { bytes: LAYER, diffId: DIFF_ID } = await layerOf([
  file('a', prose(30_000)),
  file('b', noise(30_000)),
]);
export const packed = (...entries: readonly RawEntry[]): Uint8Array => gzipSync(rawTar(...entries));
const flipped = (bytes: Uint8Array): Uint8Array =>
  bytes.map((byte, at) => (at === 20_000 ? byte ^ 1 : byte));

/** A damage, the codes that it must be found by, and how it is done. */
export type Damage = readonly [title: string, codes: readonly string[], bend: Bend];

/** Damages that make a layout unusable. */
export const ERRORS: readonly Damage[] = [
  ['layer missing', ['MLC6050'], { files: (_, { layer }) => rmSync(layer) }],
  ['config missing', ['MLC6050'], { files: (_, { config }) => rmSync(config) }],
  ['manifest missing', ['MLC6050'], { files: (_, { manifest }) => rmSync(manifest) }],
  [
    'layer is a link',
    ['MLC6050'],
    {
      files: (folder, { layer }) => {
        writeFileSync(join(folder, 'elsewhere'), readFileSync(layer));
        rmSync(layer);
        symlinkSync(join(folder, 'elsewhere'), layer);
      },
    },
  ],
  [
    'layer longer',
    ['MLC6052', 'MLC6051', 'MLC6057'],
    { files: (_, { layer }) => writeFileSync(layer, 'x', { flag: 'a' }) },
  ],
  [
    'layer cut',
    ['MLC6052', 'MLC6051', 'MLC6057'],
    { files: (_, { layer }) => writeFileSync(layer, LAYER.subarray(0, -100)) },
  ],
  [
    'layer empty',
    ['MLC6052', 'MLC6051', 'MLC6057'],
    { files: (_, { layer }) => writeFileSync(layer, '') },
  ],
  [
    'config changed',
    ['MLC6051'],
    {
      files: (_, { config }) =>
        writeFileSync(config, readFileSync(config, 'utf8').replace('COPY', 'copy')),
    },
  ],
  [
    'config no JSON',
    ['MLC6051', 'MLC6057'],
    {
      files: (_, { config }) =>
        writeFileSync(config, readFileSync(config, 'utf8').replace('{', '[')),
    },
  ],
  [
    'manifest changed',
    ['MLC6051'],
    {
      manifest: (manifest) => {
        manifest.note = 'before';
      },
      files: (_, { manifest }) =>
        writeFileSync(manifest, readFileSync(manifest, 'utf8').replace('before', 'behind')),
    },
  ],
  [
    'size in the index',
    ['MLC6052'],
    {
      index: (index) => {
        index.manifests[0].size += 1;
      },
    },
  ],
  [
    'size in the manifest',
    ['MLC6052'],
    {
      manifest: (manifest) => {
        manifest.layers[0].size -= 1;
      },
    },
  ],
  [
    'diffID',
    ['MLC6053'],
    {
      config: (config) => {
        config.rootfs.diff_ids[0] = digestOf(Buffer.from('x'));
      },
    },
  ],
  [
    'one diffID too many',
    ['MLC6054'],
    {
      config: (config) => {
        config.rootfs.diff_ids.push(DIFF_ID);
      },
    },
  ],
  [
    'no diffIDs',
    ['MLC6054'],
    {
      config: (config) => {
        config.rootfs.diff_ids = [];
      },
    },
  ],
  [
    'one history item too many',
    ['MLC6054'],
    {
      config: (config) => {
        config.history.push({ created_by: 'x' });
      },
    },
  ],
  [
    'one history item too few',
    ['MLC6054'],
    {
      config: (config) => {
        config.history[1].empty_layer = true;
      },
    },
  ],
  [
    'another architecture',
    ['MLC6054'],
    {
      config: (config) => {
        config.architecture = 'arm64';
      },
    },
  ],
  [
    'config without os',
    ['MLC6057'],
    {
      config: (config) => {
        delete config.os;
      },
    },
  ],
  [
    'config without rootfs',
    ['MLC6057'],
    {
      config: (config) => {
        delete config.rootfs;
      },
    },
  ],
  [
    'manifest without layers',
    ['MLC6057'],
    {
      manifest: (manifest) => {
        delete manifest.layers;
      },
    },
  ],
  [
    'manifest with a bad digest',
    ['MLC6057'],
    {
      manifest: (manifest) => {
        manifest.layers[0].digest = 'sha256:../../etc/passwd';
      },
    },
  ],
  [
    'manifest of schema 1',
    ['MLC6057'],
    {
      manifest: (manifest) => {
        manifest.schemaVersion = 1;
      },
    },
  ],
  [
    'manifest that calls itself an index',
    ['MLC6055'],
    {
      manifest: (manifest) => {
        manifest.mediaType = MEDIA_TYPES.index;
      },
    },
  ],
  [
    'index of something else',
    ['MLC6055'],
    {
      index: (index) => {
        index.manifests[0].mediaType = 'text/plain';
      },
    },
  ],
  ['layer type unknown', ['MLC6055'], { layer: { bytes: LAYER, mediaType: 'text/plain' } }],
  ['gzip called plain', ['MLC6055'], { layer: { bytes: LAYER, mediaType: MEDIA_TYPES.layer } }],
  ['plain called gzip', ['MLC6055'], { layer: { bytes: rawTar({ name: 'a' }) } }],
  [
    'zstd called gzip',
    ['MLC6055'],
    { layer: { bytes: zstdCompressSync(rawTar({ name: 'a' })), diffId: DIFF_ID } },
  ],
  ['no tar', ['MLC6001'], { layer: { bytes: gzipSync(noise(2048)) } }],
  [
    'tar without end',
    ['MLC6002'],
    { layer: { bytes: gzipSync(rawTar({ name: 'a' }).subarray(0, -1024)) } },
  ],
  ['wrong CRC in the gzip', ['MLC6057'], { layer: { bytes: flipped(LAYER), diffId: DIFF_ID } }],
  ['path twice', ['MLC6010'], { layer: { bytes: packed({ name: 'a' }, { name: './a' }) } }],
  ['path that climbs', ['MLC6003'], { layer: { bytes: packed({ name: '../a' }) } }],
  [
    'hard link to nothing',
    ['MLC6017'],
    { layer: { bytes: packed({ name: 'a', flag: '1', linkName: 'b' }) } },
  ],
  [
    'path under a link',
    ['MLC6018'],
    { layer: { bytes: packed({ name: 'a', flag: '2', linkName: 'b' }, { name: 'a/b' }) } },
  ],
];

/** What is legal, but unusual or useless. */
export const WARNINGS: readonly Damage[] = [
  [
    'nothing refers to a blob',
    ['MLC6056'],
    { files: (folder) => writeFileSync(join(folder, 'blobs/sha256', 'ab'.repeat(32)), 'x') },
  ],
  [
    'a file among the blobs',
    ['MLC6056'],
    { files: (folder) => writeFileSync(join(folder, 'blobs/README'), 'x') },
  ],
  [
    'layer twice',
    ['MLC6030'],
    {
      config: (config) => {
        config.rootfs.diff_ids.push(config.rootfs.diff_ids[0]);
        config.history.push({});
      },
      manifest: (manifest) => {
        manifest.layers.push(manifest.layers[0]);
      },
    },
  ],
  ['whiteout', ['MLC6015'], { layer: { bytes: packed({ name: '.wh.a' }) } }],
  ['no parent', ['MLC6011'], { layer: { bytes: packed({ name: 'a/b' }) } }],
  [
    'under bin',
    ['MLC6012'],
    { layer: { bytes: packed({ name: 'bin', flag: '5' }, { name: 'bin/b' }) } },
  ],
  ['device', ['MLC6013'], { layer: { bytes: packed({ name: 'a', flag: '3' }) } }],
  ['setuid', ['MLC6014'], { layer: { bytes: packed({ name: 'a', mode: 0o4755 }) } }],
];

import { expect, test } from 'vitest';
import { MEDIA_TYPES, type Digest } from '../descriptor.ts';
import { assembleImage, assembleIndex } from './assemble.ts';
import { digestOf } from './json.ts';
import type { ImageLayer, ImageSpec } from './spec.ts';

const digest = (seed: number): Digest => digestOf(Buffer.from([seed]));
const layer = (seed: number, mediaType: string = MEDIA_TYPES.layerGzip): ImageLayer => ({
  descriptor: { mediaType, digest: digest(seed), size: 100 + seed },
  diffId: digest(seed + 100),
  history: { createdBy: `layer ${seed}` },
});
const spec = (change: Partial<ImageSpec> = {}): ImageSpec => ({
  platform: { os: 'linux', architecture: 'amd64' },
  config: {
    user: '65532',
    workingDir: '/app',
    entrypoint: ['/usr/bin/python3', '-m', 'server'],
    env: { PATH: '/usr/bin', LANG: 'C.UTF-8' },
    labels: { b: '2', a: '1' },
    exposedPorts: ['8080/tcp'],
    stopSignal: 'SIGTERM',
  },
  layers: [layer(1), layer(2)],
  annotations: { z: '1', y: '2' },
  ...change,
});
const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString();

test('the configuration, byte for byte', () => {
  const { config } = assembleImage(spec());
  expect(text(config.bytes)).toBe(
    '{"created":"1970-01-01T00:00:00Z","architecture":"amd64","os":"linux","config":{"User":"65532",' +
      '"ExposedPorts":{"8080/tcp":{}},"Env":["LANG=C.UTF-8","PATH=/usr/bin"],' +
      '"Entrypoint":["/usr/bin/python3","-m","server"],"WorkingDir":"/app","Labels":{"a":"1","b":"2"},' +
      `"StopSignal":"SIGTERM"},"rootfs":{"type":"layers","diff_ids":["${digest(101)}","${digest(102)}"]},` +
      '"history":[{"created":"1970-01-01T00:00:00Z","created_by":"layer 1"},' +
      '{"created":"1970-01-01T00:00:00Z","created_by":"layer 2"}]}',
  );
});

test('the manifest, byte for byte', () => {
  const { manifest, config } = assembleImage(spec());
  const layers = [1, 2].map(
    (seed) =>
      `{"mediaType":"${MEDIA_TYPES.layerGzip}","digest":"${digest(seed)}","size":${100 + seed}}`,
  );
  expect(text(manifest.bytes)).toBe(
    `{"schemaVersion":2,"mediaType":"${MEDIA_TYPES.manifest}","config":{"mediaType":"${MEDIA_TYPES.config}",` +
      `"digest":"${config.descriptor.digest}","size":${config.bytes.length}},"layers":[${layers.join(',')}],` +
      '"annotations":{"y":"2","z":"1"}}',
  );
});

test('descriptors are those of the bytes, with the platform', () => {
  const { manifest, descriptor } = assembleImage(spec());
  expect(manifest.descriptor).toMatchObject({
    digest: digestOf(manifest.bytes),
    size: manifest.bytes.length,
  });
  expect(descriptor).toEqual({
    ...manifest.descriptor,
    platform: { os: 'linux', architecture: 'amd64' },
  });
});

test('the order of records does not matter', () => {
  const { config } = spec();
  const other = {
    ...config,
    env: { LANG: 'C.UTF-8', PATH: '/usr/bin' },
    labels: { a: '1', b: '2' },
  };
  const changed = assembleImage(spec({ config: other, annotations: { y: '2', z: '1' } }));
  expect(changed.descriptor.digest).toBe(assembleImage(spec()).descriptor.digest);
});

test('created, comment and variant go where they belong', () => {
  const history = { createdBy: 'x', comment: 'y' };
  const created = '2026-01-02T03:04:05Z';
  const platform = { os: 'linux', architecture: 'arm64', variant: 'v8' } as const;
  const { config, descriptor } = assembleImage(
    spec({ created, platform, layers: [{ ...layer(1), history }] }),
  );
  const json = JSON.parse(text(config.bytes)) as object;
  expect(json).toMatchObject({ created, architecture: 'arm64', variant: 'v8' });
  expect(json).toMatchObject({ history: [{ created, created_by: 'x', comment: 'y' }] });
  expect(descriptor.platform).toEqual(platform);
});

const { config } = spec();
const refused: readonly (readonly [string, string, Partial<ImageSpec>])[] = [
  ['a layer twice', 'MLC6030', { layers: [layer(1), layer(2), layer(1)] }],
  ['a diffID twice', 'MLC6030', { layers: [layer(1), { ...layer(2), diffId: digest(101) }] }],
  ['too many layers', 'MLC6031', { layers: Array.from({ length: 41 }, (_, at) => layer(at)) }],
  ['no layers', 'MLC6032', { layers: [] }],
  [
    'a Docker layer',
    'MLC6032',
    { layers: [layer(1, 'application/vnd.docker.image.rootfs.diff.tar.gzip')] },
  ],
  ['no digest', 'MLC6032', { layers: [{ ...layer(1), diffId: 'sha256:x' }] }],
  ['no entrypoint', 'MLC6032', { config: { ...config, entrypoint: [] } }],
  ['a relative folder', 'MLC6032', { config: { ...config, workingDir: 'app' } }],
  ['a name with =', 'MLC6032', { config: { ...config, env: { 'A=B': '1' } } }],
  ['a port that is none', 'MLC6032', { config: { ...config, exposedPorts: ['http'] } }],
];

test.each(refused)('refuses %s', (_title, code, change) => {
  expect(() => assembleImage(spec(change))).toThrow(expect.objectContaining({ code }) as Error);
});

test('plain layers and a limit of one’s own', () => {
  const layers = [{ ...layer(1, MEDIA_TYPES.layer), diffId: digest(1) }];
  expect(() => assembleImage(spec({ layers }))).not.toThrow();
  expect(() => assembleImage(spec(), { maxLayers: 1 })).toThrow(
    expect.objectContaining({ code: 'MLC6031' }) as Error,
  );
});

test('an index lists its images in order', () => {
  const amd = assembleImage(spec());
  const arm = assembleImage(spec({ platform: { os: 'linux', architecture: 'arm64' } }));
  const { index, descriptor, images } = assembleIndex([amd, arm], { a: 'b' });
  expect(JSON.parse(text(index.bytes))).toEqual({
    schemaVersion: 2,
    mediaType: MEDIA_TYPES.index,
    manifests: [amd.descriptor, arm.descriptor],
    annotations: { a: 'b' },
  });
  expect(descriptor.digest).toBe(digestOf(index.bytes));
  expect(images).toHaveLength(2);
});

test('an index of nothing, or of one platform twice, is refused', () => {
  const image = assembleImage(spec());
  const refusal = expect.objectContaining({ code: 'MLC6032' }) as Error;
  expect(() => assembleIndex([])).toThrow(refusal);
  expect(() => assembleIndex([image, image])).toThrow(refusal);
});

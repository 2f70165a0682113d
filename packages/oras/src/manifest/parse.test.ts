import { MEDIA_TYPES } from '@mlcontainer/oci';
import fc from 'fast-check';
import { expect, it } from 'vitest';

import { DOCKER_MEDIA_TYPES } from '../media-types.ts';
import { mediaTypeOf, parseManifest } from './parse.ts';

const blob = { mediaType: 'text/plain', digest: `sha256:${'a'.repeat(64)}`, size: 1 };

function parse(json: unknown) {
  return parseManifest(Buffer.from(JSON.stringify(json)), 'r/a', 'sha256:x');
}

it('reads images, indexes and artifacts', () => {
  expect(parse({ schemaVersion: 2, config: blob, layers: [blob, blob] })).toMatchObject({
    config: blob,
    layers: [blob, blob],
    manifests: [],
    subject: undefined,
  });
  expect(parse({ schemaVersion: 2, manifests: [blob], subject: blob })).toMatchObject({
    manifests: [blob],
    subject: blob,
  });
});

it.each([
  ['no object', []],
  ['schema version 1', { schemaVersion: 1, fsLayers: [] }],
  ['both at once', { manifests: [], layers: [] }],
  ['an index with a config', { manifests: [], config: blob }],
  ['layers that are no list', { layers: {} }],
  ['a digest of another algorithm', { layers: [{ ...blob, digest: 'sha1:aa' }] }],
  ['a negative size', { layers: [{ ...blob, size: -1 }] }],
  ['a subject that is none', { subject: 'sha256:aa' }],
])('refuses %s', (_, json) => {
  expect(() => parse(json)).toThrow(expect.objectContaining({ code: 'MLC6512' }));
});

it('any bytes are read or refused', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.uint8Array(),
        fc.json().map((text) => Buffer.from(text)),
      ),
      (bytes) => {
        try {
          expect(parseManifest(bytes, 'r/a', 'x').layers).toBeInstanceOf(Array);
        } catch (error) {
          expect(error).toMatchObject({ code: 'MLC6512' });
        }
      },
    ),
  );
});

it.each([
  [MEDIA_TYPES.manifest, undefined, MEDIA_TYPES.manifest],
  [`${DOCKER_MEDIA_TYPES.manifest}; charset=utf-8`, undefined, DOCKER_MEDIA_TYPES.manifest],
  ['application/json', MEDIA_TYPES.index, MEDIA_TYPES.index],
  [undefined, MEDIA_TYPES.index, MEDIA_TYPES.index],
])('the media type of header %s and manifest %s is %s', (header, mediaType, expected) => {
  expect(mediaTypeOf(header, parse({ mediaType }), 'r/a', 'x')).toBe(expected);
});

it.each([
  [MEDIA_TYPES.manifest, MEDIA_TYPES.index],
  ['text/html', undefined],
  [undefined, 'application/x'],
])('header %s and manifest %s do not fit', (header, mediaType) => {
  expect(() => mediaTypeOf(header, parse({ mediaType }), 'r/a', 'x')).toThrow(
    expect.objectContaining({ code: 'MLC6512' }),
  );
});

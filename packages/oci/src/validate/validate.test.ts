import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { zstdCompressSync } from 'node:zlib';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { DIFF_ID, ERRORS, LAYER, packed, WARNINGS } from '../../test/support/damages.ts';
import { noise } from '../../test/support/entries.ts';
import { host, withFolder } from '../../test/support/host.ts';
import { handMade, type Bend } from '../../test/support/layout.ts';
import { rawTar } from '../../test/support/raw-tar.ts';
import { MEDIA_TYPES } from '../descriptor.ts';
import { digestOf } from '../image/json.ts';
import { validateLayout } from './validate.ts';

const { signal } = new AbortController();
const flip = (path: string): void => {
  const bytes = readFileSync(path);
  const at = Math.floor(bytes.length / 2);
  bytes[at] = (bytes[at] ?? 0) ^ 0x55;
  writeFileSync(path, bytes);
};
async function codesOf(
  bend: Bend,
  archive: boolean,
): Promise<{ codes: Set<string>; valid: boolean }> {
  return withFolder(async (folder) => {
    const path = handMade(join(folder, 'layout'), LAYER, bend);
    if (archive) host('tar', ['-cf', join(folder, 'layout.tar'), '-C', path, '.']);
    const report = await validateLayout(archive ? `${path}.tar` : path, { signal });
    return { codes: new Set(report.findings.map(({ code }) => code)), valid: report.valid };
  });
}

for (const archive of [false, true]) {
  const kind = archive ? 'archive' : 'folder';
  test.each(ERRORS)(`${kind}: finds: %s`, async (_title, codes, bend) => {
    expect(await codesOf(bend, archive)).toEqual({ codes: new Set(codes), valid: false });
  });
  test.each(WARNINGS)(`${kind}: warns of: %s`, async (_title, codes, bend) => {
    expect(await codesOf(bend, archive)).toEqual({ codes: new Set(codes), valid: true });
  });
}

test.each([
  ['sound', {}],
  [
    'zstd',
    {
      layer: {
        bytes: zstdCompressSync(rawTar({ name: 'a' })),
        mediaType: MEDIA_TYPES.layerZstd,
        diffId: digestOf(rawTar({ name: 'a' })),
      },
    },
  ],
  ['plain', { layer: { bytes: rawTar({ name: 'a' }), mediaType: MEDIA_TYPES.layer } }],
  ['a root entry', { layer: { bytes: packed({ name: './', flag: '5' }, { name: './a' }) } }],
  [
    'no history at all',
    {
      config: (config: { history?: unknown }) => {
        delete config.history;
      },
    },
  ],
] satisfies [string, Bend][])('nothing to find: %s', async (_title, bend) => {
  expect(await codesOf(bend, false)).toEqual({ codes: new Set(), valid: true });
});

test('gives the facts of an image', async () => {
  await withFolder(async (folder) => {
    const path = handMade(folder, LAYER, {
      index: (index) => {
        index.manifests[0].annotations = { 'org.opencontainers.image.ref.name': 'v1' };
      },
    });
    const [image] = (await validateLayout(path, { signal })).images;
    expect(image).toMatchObject({
      name: 'v1',
      platform: { os: 'linux', architecture: 'amd64' },
      compressedSize: LAYER.length,
      layers: [
        { diffId: DIFF_ID, size: LAYER.length, entries: 2, createdBy: 'COPY', comment: 'c' },
      ],
    });
  });
});

test.each([
  ['nothing there', () => undefined],
  ['an empty folder', (path: string) => mkdirSync(path)],
  ['no index.json', (path: string) => rmSync(join(handMade(path, LAYER), 'index.json'))],
  ['no oci-layout', (path: string) => rmSync(join(handMade(path, LAYER), 'oci-layout'))],
  [
    'another version',
    (path: string) =>
      writeFileSync(join(handMade(path, LAYER), 'oci-layout'), '{"imageLayoutVersion":"2"}'),
  ],
  [
    'index.json is no JSON',
    (path: string) => writeFileSync(join(handMade(path, LAYER), 'index.json'), '{'),
  ],
  [
    'index.json is a list',
    (path: string) => writeFileSync(join(handMade(path, LAYER), 'index.json'), '[]'),
  ],
  [
    'index.json without manifests',
    (path: string) =>
      writeFileSync(join(handMade(path, LAYER), 'index.json'), '{"schemaVersion":2}'),
  ],
  ['a file that is no tar', (path: string) => writeFileSync(path, noise(5000))],
  ['an empty file', (path: string) => writeFileSync(path, '')],
  ['a tar of something else', (path: string) => writeFileSync(path, rawTar({ name: 'a' }))],
])('is no layout: %s', async (_title, make) => {
  await withFolder(async (folder) => {
    make(join(folder, 'layout'));
    await expect(validateLayout(join(folder, 'layout'), { signal })).rejects.toMatchObject({
      code: 'MLC6040',
    });
  });
});

test('docker’s part of an archive must point to what is there', async () => {
  await withFolder(async (folder) => {
    const path = handMade(join(folder, 'layout'), LAYER);
    for (const text of ['[{"Config":"blobs/sha256/00","Layers":[]}]', '{}', '[{}]', 'x']) {
      writeFileSync(join(path, 'manifest.json'), text);
      host('tar', ['-cf', `${path}.tar`, '-C', path, '.']);
      const { findings } = await validateLayout(`${path}.tar`, { signal });
      expect(findings).toMatchObject([{ code: 'MLC6050', where: 'manifest.json' }]);
    }
  });
});

test('many faults of one kind are summed up', async () => {
  await withFolder(async (folder) => {
    const entries = Array.from({ length: 500 }, (_, at) => ({ name: `x/${at}` }));
    const { findings } = await validateLayout(
      handMade(folder, LAYER, { layer: { bytes: packed(...entries) } }),
      { signal },
    );
    expect(findings).toHaveLength(21);
  });
});

test('indexes within indexes end', async () => {
  await withFolder(async (folder) => {
    const path = handMade(folder, LAYER, {
      files: (place) => {
        let json = readFileSync(join(place, 'index.json'), 'utf8');
        for (let depth = 0; depth < 20; depth += 1) {
          const digest = digestOf(Buffer.from(json));
          writeFileSync(join(place, 'blobs/sha256', digest.slice(7)), json);
          const child = { mediaType: MEDIA_TYPES.index, digest, size: json.length };
          json = JSON.stringify({ schemaVersion: 2, manifests: [child] });
        }
        writeFileSync(join(place, 'index.json'), json);
      },
    });
    const { findings } = await validateLayout(path, { signal });
    expect(findings.map(({ code }) => code)).toContain('MLC6055');
  });
});

test('stops when aborted', async () => {
  await withFolder(async (folder) => {
    const stop = AbortSignal.abort(new Error('stop'));
    await expect(validateLayout(handMade(folder, LAYER), { signal: stop })).rejects.toThrow('stop');
  });
});

test('property: one flipped byte in any blob is found', async () => {
  await withFolder(async (folder) => {
    const path = handMade(folder, LAYER);
    const blobs = join(path, 'blobs/sha256');
    const names = host('ls', [blobs]).toString().trim().split('\n');
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...names),
        fc.nat(),
        fc.integer({ min: 1, max: 255 }),
        async (name, at, mask) => {
          const sound = readFileSync(join(blobs, name));
          const bytes = Buffer.from(sound);
          bytes[at % bytes.length] = (bytes[at % bytes.length] ?? 0) ^ mask;
          writeFileSync(join(blobs, name), bytes);
          const { valid, findings } = await validateLayout(path, { signal });
          writeFileSync(join(blobs, name), sound);
          expect(valid).toBe(false);
          expect(findings.some(({ code }) => code === 'MLC6051')).toBe(true);
        },
      ),
      { numRuns: 150 },
    );
    expect((await validateLayout(path, { signal })).valid).toBe(true);
    flip(join(blobs, names[0] ?? ''));
    expect((await validateLayout(path, { signal })).valid).toBe(false);
  });
});

import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import manifest from '../package.json' with { type: 'json' };
import { serverPackage } from './index.ts';

function text(bytes: Uint8Array | undefined): string {
  return new TextDecoder().decode(bytes);
}

describe('serverPackage', () => {
  it('has the version of the npm package, and the Python module says the same', async () => {
    const server = await serverPackage();
    expect(server.version).toBe(manifest.version);
    const init = server.files.find((file) => file.path === 'mlcontainer_server/__init__.py');
    expect(text(init?.bytes)).toContain(`__version__ = "${server.version}"`);
  });

  it('records every file with its hash and size, and itself without', async () => {
    const { files, version } = await serverPackage();
    const info = `mlcontainer_server-${version}.dist-info`;
    const record = files.find((file) => file.path === `${info}/RECORD`);
    const rows = text(record?.bytes)
      .trimEnd()
      .split('\n')
      .map((line) => line.split(','));
    expect(rows.map(([path]) => path).sort()).toEqual(files.map((file) => file.path));
    for (const [path, hash, size] of rows) {
      const bytes = files.find((file) => file.path === path)?.bytes ?? new Uint8Array();
      const digest = createHash('sha256').update(bytes).digest('base64url');
      const own = path === `${info}/RECORD`;
      expect([hash, size]).toEqual(own ? ['', ''] : [`sha256=${digest}`, String(bytes.length)]);
    }
  });

  it('names its requirements in the metadata, each with both bounds', async () => {
    const { files, requirements, version } = await serverPackage();
    const path = `mlcontainer_server-${version}.dist-info/METADATA`;
    const metadata = text(files.find((file) => file.path === path)?.bytes);
    expect(requirements.length).toBeGreaterThan(0);
    for (const requirement of requirements) {
      expect(requirement).toMatch(/^[a-z]+>=[0-9.]+,<[0-9.]+$/);
      expect(metadata).toContain(`Requires-Dist: ${requirement}\n`);
    }
  });

  it('gives the same files every time, sorted, and nothing but source and metadata', async () => {
    const [first, second] = [await serverPackage(), await serverPackage()];
    expect(second).toEqual(first);
    const paths = first.files.map((file) => file.path);
    expect(paths).toEqual([...paths].sort());
    expect(paths.filter((path) => /pycache|\.pyc$|tests?\//.test(path))).toEqual([]);
  });
});

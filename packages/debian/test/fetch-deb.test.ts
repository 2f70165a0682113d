import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { fetchDeb, type LockedDeb, type MirrorSettings } from '../src/index.ts';
import { tempFolder } from './support/host.ts';
import { testPorts } from './support/ports.ts';
import { serve } from './support/repository.ts';

const folder = tempFolder();
const log: string[] = [];
const base = await serve(join(folder, 'www'), log);
const bytes = Buffer.from('a package');
const sha1 = createHash('sha1').update(bytes).digest('hex');
let count = 0;

const deb: LockedDeb = {
  name: 'libaa',
  version: '1:2.0~rc1+b1',
  architecture: 'amd64',
  archive: 'debian',
  file: 'pool/main/liba/libaa_2.0~rc1+b1_amd64.deb',
  sha256: createHash('sha256').update(bytes).digest('hex'),
  size: bytes.length,
  group: 'extra',
  requiredBy: [],
};

function put(path: string, content: string | Buffer): void {
  mkdirSync(join(folder, 'www', path, '..'), { recursive: true });
  writeFileSync(join(folder, 'www', path), content);
}

function mirrors(snapshotService?: string): MirrorSettings {
  const mirror = { url: `${base}/debian`, source: 'environment', detail: 'test' } as const;
  return {
    debian: mirror,
    security: undefined,
    updates: true,
    snapshotService,
    acceptExpired: false,
  };
}

function context() {
  count += 1;
  return { ports: testPorts(join(folder, `store${count}`)), signal: AbortSignal.timeout(20_000) };
}

function refused(code: string) {
  return expect.objectContaining({ code });
}

describe('fetchDeb', () => {
  it('fetches once, and then takes the store’s', async () => {
    put(`debian/${deb.file}`, bytes);
    const cx = context();
    const path = await fetchDeb(deb, mirrors(), cx);
    expect(readFileSync(path)).toEqual(bytes);
    log.length = 0;
    expect(await fetchDeb(deb, mirrors(), cx)).toBe(path);
    expect(log).toEqual([]);
  });

  it('reads a mirror in a folder', async () => {
    const url = `file://${join(folder, 'www/debian')}`;
    const settings = { ...mirrors(), debian: { url, source: 'config', detail: 'test' } as const };
    expect(readFileSync(await fetchDeb(deb, settings, context()))).toEqual(bytes);
  });

  it('refuses other bytes under the same name', async () => {
    put(`debian/${deb.file}`, 'A package');
    await expect(fetchDeb(deb, mirrors(), context())).rejects.toThrowError(refused('MLC7003'));
    put(`debian/${deb.file}`, 'short');
    await expect(fetchDeb(deb, mirrors(), context())).rejects.toThrowError(refused('MLC7004'));
  });
});

describe('an old version that is gone from the mirror', () => {
  const answer = (hashes: readonly object[]) =>
    JSON.stringify({ package: 'libaa', result: hashes });
  const where = `mr/binary/${deb.name}/${deb.version}/binfiles`;

  it('is an error where snapshots are not allowed', async () => {
    rmSync(join(folder, 'www/debian', deb.file));
    await expect(fetchDeb(deb, mirrors(), context())).rejects.toThrowError(refused('MLC4024'));
  });

  it('is an error of its own where nothing names a mirror', async () => {
    const nowhere = { ...mirrors(), debian: undefined };
    await expect(fetchDeb(deb, nowhere, context())).rejects.toThrowError(refused('MLC4017'));
  });

  it('comes from the snapshot service, proved by our hash', async () => {
    put(
      where,
      answer([
        { hash: '0'.repeat(40), architecture: 'arm64' },
        { hash: sha1, architecture: 'amd64' },
      ]),
    );
    put(`file/${sha1}`, bytes);
    expect(readFileSync(await fetchDeb(deb, mirrors(base), context()))).toEqual(bytes);
    put(`file/${sha1}`, 'A package');
    await expect(fetchDeb(deb, mirrors(base), context())).rejects.toThrowError(refused('MLC7003'));
  });

  it.each([
    '',
    '{}',
    'null',
    '[]',
    '{"result": 1}',
    answer([{ hash: '../../x', architecture: 'amd64' }]),
  ])('is an error when the service answers %j', async (text) => {
    put(where, text);
    await expect(fetchDeb(deb, mirrors(base), context())).rejects.toThrowError(refused('MLC4024'));
  });

  it('is an error when the service does not know it', async () => {
    rmSync(join(folder, 'www', where));
    await expect(fetchDeb(deb, mirrors(base), context())).rejects.toThrowError(refused('MLC4024'));
  });
});

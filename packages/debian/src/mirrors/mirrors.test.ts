import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { tempFolder } from '../../test/support/host.ts';
import { debianMirrors } from './mirrors.ts';
import {
  atSnapshot,
  explainMirrors,
  mainMirror,
  snapshotDate,
  snapshotTimestamp,
} from './settings.ts';

const folder = tempFolder();
let count = 0;

/** A folder like /etc/apt. */
function apt(files: Readonly<Record<string, string>>): string {
  count += 1;
  const path = join(folder, String(count));
  mkdirSync(join(path, 'sources.list.d'), { recursive: true });
  for (const [name, text] of Object.entries(files)) writeFileSync(join(path, name), text);
  return path;
}

const none = apt({});
const url = 'http://mirror.example.org/debian';
const SERVICE = 'https://snapshots.example.org';
const snapshots = { MLCONTAINER_DEBIAN_SNAPSHOT: `${SERVICE}/` };

describe('debianMirrors', () => {
  it('prefers the config, then the environment, then apt, then snapshots', async () => {
    const aptFolder = apt({ 'sources.list': `deb ${url} bookworm main\n` });
    const env = { MLCONTAINER_DEBIAN_MIRROR: 'https://env.example.org/debian/' };
    const byConfig = await debianMirrors({
      configured: 'https://config.example.org/debian',
      env,
      aptFolder,
    });
    expect(byConfig.debian).toMatchObject({
      url: 'https://config.example.org/debian',
      source: 'config',
    });
    const byEnv = await debianMirrors({ env, aptFolder });
    expect(byEnv.debian).toMatchObject({
      url: 'https://env.example.org/debian',
      source: 'environment',
    });
    expect((await debianMirrors({ env: {}, aptFolder })).debian).toMatchObject({
      url,
      source: 'apt',
    });
    expect((await debianMirrors({ env: snapshots, aptFolder })).debian).toMatchObject({ url });
    const last = await debianMirrors({ env: snapshots, aptFolder: none });
    expect(last.debian).toMatchObject({ url: `${SERVICE}/archive/debian`, source: 'snapshot' });
    expect(last.security?.url).toBe(`${SERVICE}/archive/debian-security`);
  });

  it('knows no host by itself', async () => {
    const found = await debianMirrors({ env: {}, aptFolder: none });
    expect([found.debian, found.security, found.snapshotService]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
    expect(explainMirrors(found)).toEqual([]);
    expect(atSnapshot(found, '20250101T000000Z')).toEqual(found);
    expect(() => mainMirror(found)).toThrowError(expect.objectContaining({ code: 'MLC4017' }));
  });

  it('finds the security archive beside the mirror, in the environment, or not at all', async () => {
    const security = async (env: Record<string, string>) =>
      (await debianMirrors({ env: { MLCONTAINER_DEBIAN_MIRROR: url, ...env } })).security?.url;
    expect(await security({})).toBe(`${url}-security`);
    expect(await security({ MLCONTAINER_DEBIAN_MIRROR: 'https://own.example.org/repo' })).toBe(
      'https://own.example.org/repo',
    );
    expect(await security({ MLCONTAINER_DEBIAN_SECURITY_MIRROR: 'file:///srv/sec' })).toBe(
      'file:///srv/sec',
    );
    expect(await security({ MLCONTAINER_DEBIAN_SECURITY_MIRROR: 'none' })).toBeUndefined();
  });

  it('uses a mirror alone, unless a snapshot service is named', async () => {
    const service = async (env: Record<string, string>, aptFolder = none) =>
      (await debianMirrors({ env, aptFolder })).snapshotService;
    const named = { MLCONTAINER_DEBIAN_MIRROR: url };
    expect(await service(named)).toBeUndefined();
    expect(await service({ ...named, ...snapshots })).toBe(SERVICE);
    const aptFolder = apt({ 'sources.list': `deb ${url} bookworm main` });
    expect(await service({}, aptFolder)).toBeUndefined();
    expect(await service(snapshots, aptFolder)).toBe(SERVICE);
    expect(await service({ MLCONTAINER_DEBIAN_SNAPSHOT: 'off' }, aptFolder)).toBeUndefined();
    await expect(service({ MLCONTAINER_DEBIAN_SNAPSHOT: 'on' }, aptFolder)).rejects.toThrowError(
      expect.objectContaining({ code: 'MLC4014' }),
    );
  });

  it('reads the switches', async () => {
    const env = { MLCONTAINER_DEBIAN_UPDATES: 'none', MLCONTAINER_DEBIAN_ACCEPT_EXPIRED: '1' };
    expect(await debianMirrors({ env, aptFolder: none })).toMatchObject({
      updates: false,
      acceptExpired: true,
    });
  });

  it.each([
    'mirror',
    'ftp://m.example.org/debian',
    'http://m.example.org/debian?x=1',
    'http://m.example.org/#a',
  ])('refuses %j', async (configured) => {
    await expect(debianMirrors({ configured, env: {} })).rejects.toThrowError(
      expect.objectContaining({ code: 'MLC4014' }),
    );
  });

  it('never shows credentials', async () => {
    const found = await debianMirrors({
      configured: 'https://me:secret@m.example.org/debian',
      env: {},
    });
    expect(found.debian?.url).toContain('me:secret@');
    expect(JSON.stringify(explainMirrors(found))).not.toContain('secret');
    const bad = debianMirrors({ configured: 'ftp://me:secret@m.example.org/', env: {} });
    await expect(bad).rejects.toThrowError(expect.not.stringContaining('secret'));
  });
});

describe('apt sources', () => {
  it('reads both forms, and tells archives by suite', async () => {
    const aptFolder = apt({
      'sources.list':
        '# deb http://no.example.org/debian bookworm main\ndeb-src http://no.example.org/debian bookworm main\n',
      'sources.list.d/debian.sources': `Types: deb\nURIs: ${url}\nSuites: trixie trixie-updates\nComponents: main\n\nTypes: deb\nURIs: ${url}-sec/\nSuites: trixie-security\nComponents: main contrib\nSigned-By: /usr/share/keyrings/debian-archive-keyring.gpg\n`,
    });
    const found = await debianMirrors({ env: {}, aptFolder });
    expect(found.debian).toMatchObject({ url, source: 'apt' });
    expect(found.debian?.detail).toMatch(/debian\.sources$/);
    expect(found.security?.url).toBe(`${url}-sec`);
  });

  it('passes over what is not Debian’s', async () => {
    const other = 'http://other.example.org';
    const aptFolder = apt({
      'sources.list': [
        `deb [signed-by=/etc/keys/other.gpg] ${other}/tool bookworm main`,
        `deb ${other}/docker bookworm stable`,
        `deb ${other}/pgdg bookworm-pgdg main`,
        `deb ${other}/ubuntu noble main`,
        'deb cdrom:[Debian] bookworm main',
        'deb mirror+file:/etc/mirrors bookworm main',
      ].join('\n'),
      'sources.list.d/off.sources': `Types: deb\nURIs: ${url}\nSuites: bookworm\nComponents: main\nEnabled: no\n`,
      'sources.list.d/broken.sources': 'this is no deb822',
      'sources.list.d/key.sources': `Types: deb\nURIs: ${other}/key\nSuites: bookworm\nComponents: main\nSigned-By:\n -----BEGIN PGP PUBLIC KEY BLOCK-----\n`,
      'sources.list.d/unread.save': `deb ${url} bookworm main`,
    });
    expect((await debianMirrors({ env: snapshots, aptFolder })).debian?.source).toBe('snapshot');
  });

  it('prefers what looks like Debian’s own', async () => {
    const aptFolder = apt({
      'sources.list': `deb http://other.example.org/tool bookworm main\ndeb [arch=amd64 signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] ${url}/ bookworm main # own\n`,
    });
    expect((await debianMirrors({ env: {}, aptFolder })).debian?.url).toBe(url);
  });
});

describe('atSnapshot', () => {
  it('pins the snapshot service alone, and pins again', async () => {
    const timestamp = snapshotTimestamp(new Date('2026-11-22T11:31:03.456Z'));
    expect(timestamp).toBe('20261122T113103Z');
    expect(snapshotDate(timestamp).toISOString()).toBe('2026-11-22T11:31:03.000Z');
    const open = await debianMirrors({ env: snapshots, aptFolder: none });
    const pinned = atSnapshot(atSnapshot(open, '20250101T000000Z'), timestamp);
    expect(pinned.debian?.url).toBe(`${SERVICE}/archive/debian/${timestamp}`);
    expect(pinned.security?.url).toBe(`${SERVICE}/archive/debian-security/${timestamp}`);
    const named = await debianMirrors({ configured: url, env: {} });
    expect(atSnapshot(named, timestamp)).toEqual(named);
  });

  it.each(['2026', '20261122T113103', '20261322T113103Z'])(
    'refuses the timestamp %j',
    (timestamp) => {
      expect(() => snapshotDate(timestamp)).toThrowError(
        expect.objectContaining({ code: 'MLC4016' }),
      );
    },
  );
});

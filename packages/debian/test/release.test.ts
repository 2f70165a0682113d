import { cpSync, copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { resolveDebian } from '../src/index.ts';
import { goodRepository, resign } from './support/good-repository.ts';
import { testPorts } from './support/ports.ts';
import { adopt, makeKey, NOW, releaseText } from './support/repository.ts';

const { folder, base, good, key, copy, settings, lock } = await goodRepository();
const stranger = makeKey('stranger');
// Ed25519 signs with strong hashes alone.
const rsa = makeKey('rsa', 'rsa3072');

function refused(code: string) {
  return expect.objectContaining({ code });
}

describe('a good repository', () => {
  it('locks by signed hashes, without a host', async () => {
    const { url } = copy();
    const found = await lock(url);
    expect(found.packages).toMatchObject([
      { name: 'libaa', version: '1.0', archive: 'debian', group: 'extra', requiredBy: ['@config'] },
    ]);
    expect(found.packages[0]?.file).toBe('pool/main/libaa_1.0_amd64.deb');
    expect(found.release.map((release) => release.suite)).toEqual([
      'bookworm',
      'bookworm-updates',
      'bookworm-security',
    ]);
    expect(JSON.stringify(found)).not.toContain('127.0.0.1');
  });

  it('reads the index by hash, and by name where the mirror has no by-hash', async () => {
    const { url, dist } = copy();
    resign(dist, { 'Acquire-By-Hash': 'yes' }, key);
    await expect(lock(url)).resolves.toMatchObject({ suite: 'bookworm' });
  });

  it('reads an index that is only there as gzip or plain', async () => {
    const { url, dist } = copy();
    rmSync(join(dist, 'main/binary-amd64/Packages.xz'));
    resign(dist, {}, key);
    await expect(lock(url)).resolves.toMatchObject({ suite: 'bookworm' });
  });

  it('is trusted with a signature of a trusted key beside one of a stranger', async () => {
    const { url, dist } = copy();
    adopt(key, stranger);
    resign(dist, {}, key, ['--local-user', 'archive', '--local-user', 'stranger']);
    await expect(lock(url)).resolves.toMatchObject({ suite: 'bookworm' });
    await expect(lock(url, { key: stranger })).rejects.toThrowError(refused('MLC4003'));
  });
});

describe('the signature', () => {
  it('must be there', async () => {
    const { url, dist } = copy();
    writeFileSync(join(dist, 'InRelease'), releaseText(dist, 'bookworm', {}));
    await expect(lock(url)).rejects.toThrowError(refused('MLC4001'));
  });

  it('must be of a trusted key', async () => {
    const { url } = copy();
    await expect(lock(url, { key: stranger })).rejects.toThrowError(refused('MLC4003'));
  });

  it('must be of a shipped Debian key without a keyring', async () => {
    const { url } = copy();
    const ports = testPorts(join(folder, 'shipped'), () => NOW);
    const request = {
      suite: 'bookworm',
      architecture: 'amd64',
      packages: [],
      mirrors: settings(url),
    } as const;
    const cx = { ports, signal: AbortSignal.timeout(20_000) };
    await expect(resolveDebian(request, cx)).rejects.toThrowError(refused('MLC4003'));
  });

  it('must cover every byte of the text', async () => {
    const { url, dist } = copy();
    const text = readFileSync(join(dist, 'InRelease'), 'utf8');
    writeFileSync(join(dist, 'InRelease'), text.replace('Origin: Test', 'Origin: Tost'));
    await expect(lock(url)).rejects.toThrowError(refused('MLC4004'));
  });

  it.each(['SHA1', 'MD5'])('must not rest on %s', async (digest) => {
    const { url, dist } = copy();
    resign(dist, {}, rsa, ['--digest-algo', digest]);
    await expect(lock(url, { key: rsa })).rejects.toThrowError(refused('MLC4004'));
  });

  it('must not be of a key that has expired', async () => {
    const { url } = copy();
    const now = new Date('2001-01-01T00:00:00Z');
    await expect(lock(url, { now })).rejects.toThrowError(refused('MLC4004'));
  });

  it('needs a keyring with keys in it', async () => {
    const { url } = copy();
    const keyring = Buffer.from('no key');
    await expect(lock(url, { request: { keyring } })).rejects.toThrowError(refused('MLC4013'));
  });
});

describe('text outside the signature', () => {
  const attacks: Record<string, (text: string) => string> = {
    'before the message': (text) => `Codename: evil\n\n${text}`,
    'an empty line before': (text) => `\n${text}`,
    'behind the signature': (text) => `${text}Codename: evil\n`,
    'a second message': (text) => text + text,
    'a second signature block': (text) =>
      text + text.slice(text.indexOf('-----BEGIN PGP SIGNATURE')),
    'a header of its own': (text) => text.replace(/^Hash: .*$/m, '$&\nCodename: evil'),
    'a NUL': (text) => text.replace('Origin', 'Ori\0gin'),
  };
  it.each(Object.entries(attacks))('%s', async (_, attack) => {
    const { url, dist } = copy();
    const path = join(dist, 'InRelease');
    writeFileSync(path, attack(readFileSync(path, 'utf8')));
    await expect(lock(url)).rejects.toThrowError(refused('MLC4002'));
  });

  it('a signature without its end', async () => {
    const { url, dist } = copy();
    const path = join(dist, 'InRelease');
    writeFileSync(path, readFileSync(path, 'utf8').replace(/-----END PGP SIGNATURE-----\s*$/, ''));
    await expect(lock(url)).rejects.toThrowError(refused('MLC4001'));
  });
});

describe('age', () => {
  it('refuses an expired file, unless that is accepted', async () => {
    const { url } = copy();
    const now = new Date('2026-12-24T00:00:00Z');
    await expect(lock(url, { now })).rejects.toThrowError(refused('MLC4005'));
    await expect(lock(url, { now, mirrors: { acceptExpired: true } })).resolves.toBeDefined();
  });

  it('refuses a file from the future', async () => {
    const { url, dist } = copy();
    resign(dist, { Date: 'Sun, 22 Nov 2026 13:00:00 UTC' }, key);
    await expect(lock(url)).rejects.toThrowError(refused('MLC4006'));
  });

  it.each(['yesterday', 'Sun, 22 Nov 2026 02:00:00 CET', undefined])(
    'refuses the date %s',
    async (date) => {
      const { url, dist } = copy();
      resign(dist, { Date: date }, key);
      await expect(lock(url)).rejects.toThrowError(refused('MLC4011'));
    },
  );

  it('refuses a mirror that goes back in time, but not one that lags behind a little', async () => {
    const { url, dist } = copy();
    const store = 'rollback';
    await lock(url, { store });
    resign(dist, { Date: 'Sat, 21 Nov 2026 02:00:00 UTC' }, key);
    await lock(url, { store });
    resign(dist, { Date: 'Sat, 14 Nov 2026 02:00:00 UTC' }, key);
    await expect(lock(url, { store })).rejects.toThrowError(refused('MLC4009'));
    await expect(lock(url, { store, mirrors: { acceptExpired: true } })).resolves.toBeDefined();
  });

  it('judges a snapshot by its own moment', async () => {
    const root = join(folder, 'snap');
    mkdirSync(join(root, 'archive/debian'), { recursive: true });
    mkdirSync(join(root, 'archive/debian-security'), { recursive: true });
    for (const archive of ['debian', 'debian-security']) {
      cpSync(good, join(root, 'archive', archive, '20261122T120000Z'), { recursive: true });
    }
    const mirror = (archive: string) =>
      ({ url: `${base}/snap/archive/${archive}`, source: 'snapshot', detail: 'test' }) as const;
    const mirrors = { debian: mirror('debian'), security: mirror('debian-security') };
    const options = { now: new Date('2030-01-01T00:00:00Z'), mirrors };
    const found = await lock(base, { ...options, request: { snapshot: '20261122T120000Z' } });
    expect(found.snapshot).toBe('20261122T120000Z');
    await expect(lock(base, options)).rejects.toThrowError(refused('MLC4010'));
  });
});

describe('identity', () => {
  it('refuses another suite, also under a right signature', async () => {
    const { url, dist } = copy();
    resign(dist, { Codename: 'trixie' }, key);
    await expect(lock(url)).rejects.toThrowError(refused('MLC4007'));
  });

  it('refuses updates in the place of the suite', async () => {
    const { url, dist } = copy();
    copyFileSync(join(dist, '../bookworm-updates/InRelease'), join(dist, 'InRelease'));
    await expect(lock(url)).rejects.toThrowError(refused('MLC4007'));
  });

  it('does not do without the security archive in silence', async () => {
    const { url, root } = copy();
    rmSync(join(root, 'dists/bookworm-security'), { recursive: true });
    await expect(lock(url)).rejects.toThrowError(refused('MLC4010'));
    const found = await lock(url, { mirrors: { security: undefined } });
    expect(found.release).toHaveLength(2);
  });
});

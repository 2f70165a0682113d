import { copyFileSync, cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { resolveDebian, type MirrorSettings, type ResolveRequest } from '../src/index.ts';
import { tempFolder } from './support/host.ts';
import { testPorts } from './support/ports.ts';
import {
  clearsign,
  makeKey,
  makeRepository,
  NOW,
  publish,
  releaseText,
  serve,
  tamper,
  type TestKey,
} from './support/repository.ts';

const folder = tempFolder();
const key = makeKey('archive');
const stranger = makeKey('stranger');
const good = join(folder, 'good');
makeRepository(good, { key, debs: [{ name: 'libaa', files: { 'usr/lib/aa': 'aa' } }] });
const base = await serve(folder);
let count = 0;

/** A copy of the good repository for one attack, and where it is served. */
function copy(): { root: string; url: string; dist: string } {
  count += 1;
  const root = join(folder, `r${count}`);
  cpSync(good, root, { recursive: true });
  return { root, url: `${base}/r${count}`, dist: join(root, 'dists/bookworm') };
}

function settings(url: string, more: Partial<MirrorSettings> = {}): MirrorSettings {
  const mirror = { url, source: 'environment', detail: 'test' } as const;
  return {
    debian: mirror,
    security: mirror,
    updates: true,
    snapshotService: undefined,
    acceptExpired: false,
    ...more,
  };
}

interface Try {
  readonly store?: string;
  readonly now?: Date;
  readonly key?: TestKey;
  readonly mirrors?: Partial<MirrorSettings>;
  readonly request?: Partial<ResolveRequest>;
}

function lock(url: string, options: Try = {}) {
  const ports = testPorts(join(folder, options.store ?? `store${count}`), () => options.now ?? NOW);
  const request: ResolveRequest = {
    suite: 'bookworm',
    architecture: 'amd64',
    packages: ['libaa'],
    base: [],
    python: [],
    mirrors: settings(url, options.mirrors),
    keyring: (options.key ?? key).keyring,
    ...options.request,
  };
  return resolveDebian(request, { ports, signal: AbortSignal.timeout(20_000) });
}

function refused(code: string) {
  return expect.objectContaining({ code });
}

/** Signs a changed release file of a suite. */
function resign(
  dist: string,
  changes: Record<string, string | undefined>,
  args: string[] = [],
  by = key,
): void {
  writeFileSync(
    join(dist, 'InRelease'),
    clearsign(by, releaseText(dist, 'bookworm', changes), args),
  );
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
    resign(dist, { 'Acquire-By-Hash': 'yes' });
    await expect(lock(url)).resolves.toMatchObject({ suite: 'bookworm' });
  });

  it('reads an index that is only there as gzip or plain', async () => {
    const { url, dist } = copy();
    rmSync(join(dist, 'main/binary-amd64/Packages.xz'));
    resign(dist, {});
    await expect(lock(url)).resolves.toMatchObject({ suite: 'bookworm' });
  });

  it('is trusted with any signature of a trusted key among others', async () => {
    const { url, dist } = copy();
    const both = ['--keyring', join(stranger.home, 'pubring.kbx')];
    resign(dist, {}, both);
    await expect(lock(url)).resolves.toMatchObject({ suite: 'bookworm' });
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
    const rsa = makeKey(`rsa-${digest}`, 'rsa3072');
    const { url, dist } = copy();
    resign(dist, {}, ['--digest-algo', digest], rsa);
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
    resign(dist, { Date: 'Sun, 22 Nov 2026 13:00:00 UTC' });
    await expect(lock(url)).rejects.toThrowError(refused('MLC4006'));
  });

  it.each(['yesterday', 'Sun, 22 Nov 2026 02:00:00 CET', undefined])(
    'refuses the date %s',
    async (date) => {
      const { url, dist } = copy();
      resign(dist, { Date: date });
      await expect(lock(url)).rejects.toThrowError(refused('MLC4011'));
    },
  );

  it('refuses a mirror that goes back in time, but not one that lags behind a little', async () => {
    const { url, dist } = copy();
    const store = 'rollback';
    await lock(url, { store });
    resign(dist, { Date: 'Sat, 21 Nov 2026 02:00:00 UTC' });
    await lock(url, { store });
    resign(dist, { Date: 'Sat, 14 Nov 2026 02:00:00 UTC' });
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
    resign(dist, { Codename: 'trixie' });
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

describe('hashes', () => {
  it('refuses a release file with weak hashes only', async () => {
    const { url, dist } = copy();
    const text = releaseText(dist, 'bookworm', {}).replace(/^SHA256:\n(?: .*\n)*/m, '');
    expect(text).toContain('MD5Sum:');
    writeFileSync(join(dist, 'InRelease'), clearsign(key, text));
    await expect(lock(url)).rejects.toThrowError(refused('MLC4008'));
  });

  it('refuses an index of another hash', async () => {
    const { url, dist } = copy();
    tamper(join(dist, 'main/binary-amd64/Packages.xz'), 'x');
    await expect(lock(url)).rejects.toThrowError(refused('MLC7004'));
    const bytes = readFileSync(join(good, 'dists/bookworm/main/binary-amd64/Packages.xz'));
    bytes[bytes.length - 1] = 0;
    writeFileSync(join(dist, 'main/binary-amd64/Packages.xz'), bytes);
    await expect(lock(url)).rejects.toThrowError(refused('MLC7003'));
  });

  it('says when the mirror lost the index', async () => {
    const { url, dist } = copy();
    rmSync(join(dist, 'main'), { recursive: true });
    await expect(lock(url)).rejects.toThrowError(refused('MLC4015'));
  });

  it('refuses an index that unfolds to another size than the signed one', async () => {
    const { url, dist } = copy();
    const text = releaseText(dist, 'bookworm', {}).replace(
      /^( [0-9a-f]{64} +)\d+( main\/binary-amd64\/Packages)$/m,
      (_, hash: string, path: string) => `${hash}7${path}`,
    );
    writeFileSync(join(dist, 'InRelease'), clearsign(key, text));
    await expect(lock(url)).rejects.toThrowError(refused('MLC4033'));
  });

  it.each(['../../etc/passwd', '/abs', 'a b'])(
    'refuses the path %j in a release file',
    async (path) => {
      const { url, dist } = copy();
      const line = ` ${'0'.repeat(64)} 1 ${path}`;
      const text = releaseText(dist, 'bookworm', {}).replace('SHA256:\n', `SHA256:\n${line}\n`);
      writeFileSync(join(dist, 'InRelease'), clearsign(key, text));
      await expect(lock(url)).rejects.toThrowError(refused('MLC4011'));
    },
  );
});

describe('the index', () => {
  const entry = (changes: string) =>
    Buffer.from(
      `Package: libaa\nVersion: 1\nArchitecture: amd64\nSize: 1\nSHA256: ${'0'.repeat(64)}\n${changes}\n`,
    );

  it.each([
    ['no Package first', Buffer.from('Version: 1\nPackage: libaa\n'), 'MLC4012'],
    ['a path that climbs', entry('Filename: pool/../../x.deb'), 'MLC4012'],
    ['an absolute path', entry('Filename: /x.deb'), 'MLC4012'],
    ['no file name', entry('Priority: optional'), 'MLC4012'],
    ['a field twice', entry('Filename: a.deb\nFilename: b.deb'), 'MLC4012'],
    ['a bad dependency', entry('Filename: a.deb\nDepends: A B'), 'MLC4023'],
  ])('refuses %s', async (_, packages, code) => {
    const { url, root } = copy();
    publish(root, 'bookworm', packages, { key });
    await expect(lock(url)).rejects.toThrowError(refused(code));
  });
});

import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { goodRepository } from './support/good-repository.ts';
import { clearsign, publish, releaseText, tamper } from './support/repository.ts';

const { good, key, copy, lock } = await goodRepository();

function refused(code: string) {
  return expect.objectContaining({ code });
}

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

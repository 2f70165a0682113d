import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { isMlcError } from '@mlcontainer/plugin-kit';
import { describe, expect, it } from 'vitest';
import { host, tempFolder } from '../../test/support/host.ts';
import { makeDeb } from '../../test/support/make-deb.ts';
import { controlText, rawAr, rawTar, writeRawDeb } from '../../test/support/raw-deb.ts';
import { openDeb } from './deb.ts';

const folder = tempFolder();

/** Path → content or target, read with our reader. */
async function listing(path: string): Promise<Record<string, string>> {
  const deb = await openDeb(path, 'test');
  const found: Record<string, string> = {};
  try {
    for await (const entry of deb.entries()) {
      const chunks = [];
      for await (const chunk of entry.content) chunks.push(Buffer.from(chunk));
      found[entry.path] =
        entry.target ?? `${entry.mode.toString(8)} ${Buffer.concat(chunks).toString()}`;
    }
  } finally {
    await deb.close();
  }
  return found;
}

describe('openDeb', () => {
  it.each(['xz', 'gzip', 'zstd', 'none'] as const)(
    'reads what dpkg-deb writes with %s',
    async (compression) => {
      const text = 'text\n'.repeat(20_000);
      const path = makeDeb(folder, {
        name: `lib${compression}`,
        version: '1:2.0-1~deb12u1',
        files: { 'usr/lib/one': text, 'usr/lib/two': '->one', 'usr/bin/run': '#!/bin/sh\n' },
        modes: { 'usr/bin/run': 0o755 },
        compression,
      });
      const found = await listing(path);
      const tree = join(folder, `out-${compression}`);
      host('dpkg-deb', ['-x', path, tree]);
      expect(found['usr/lib/one']).toBe(`644 ${readFileSync(join(tree, 'usr/lib/one'), 'utf8')}`);
      expect(found['usr/lib/two']).toBe('one');
      expect(found['usr/bin/run']).toBe('755 #!/bin/sh\n');
      const deb = await openDeb(path, 'test');
      await deb.close();
      expect(deb.controlText).toBe(host('dpkg-deb', ['-I', path, 'control']).toString());
      expect(deb.control.get('version')).toBe('1:2.0-1~deb12u1');
    },
  );

  it('reads the dictionaries, blocks and checks that dpkg-deb and reprepro write', async () => {
    const data = rawTar([{ name: './usr/one', content: 'abc'.repeat(500_000) }]);
    for (const args of [['-9e'], ['--block-size=100000'], ['--check=none'], ['--check=crc32']]) {
      const packed = host('xz', ['-c', ...args], { input: data });
      const path = join(folder, 'form.deb');
      writeFileSync(path, archive([['data.tar.xz', packed]]));
      const found = await listing(path);
      expect(found['usr/one']).toHaveLength(1_500_004);
    }
  });
});

function archive(data: readonly (readonly [string, Buffer])[], head = '2.0\n'): Buffer {
  const control = gzipSync(rawTar([{ name: './control', content: controlText('aa') }]));
  return rawAr([['debian-binary', Buffer.from(head)], ['control.tar.gz', control], ...data]);
}

describe('a damaged package', () => {
  const data = ['data.tar', rawTar([{ name: './usr/one', content: 'one' }])] as const;
  const control = [
    'control.tar.gz',
    gzipSync(rawTar([{ name: './control', content: controlText('aa') }])),
  ] as const;
  const first = ['debian-binary', Buffer.from('2.0\n')] as const;
  const cases: Record<string, [Buffer, string]> = {
    'no ar archive': [Buffer.from('!<arch>'), 'MLC4030'],
    'nothing in it': [Buffer.from('!<arch>\n'), 'MLC4030'],
    'another format': [archive([data], '3.0\n'), 'MLC4030'],
    'data before control': [rawAr([first, data, control]), 'MLC4030'],
    'no data': [rawAr([first, control]), 'MLC4030'],
    'two data members': [archive([data, data]), 'MLC4030'],
    'debian-binary not first': [rawAr([control, first, data]), 'MLC4030'],
    'an unknown member between': [archive([['evil', Buffer.from('x')], data]), 'MLC4030'],
    'a size that is no number': [
      Buffer.from(archive([data]).toString('latin1').replace('100644  4 ', '100644  -4'), 'latin1'),
      'MLC4030',
    ],
    'a member behind the end': [archive([data]).subarray(0, -512), 'MLC4030'],
    'an unknown compression': [archive([['data.tar.lzma', Buffer.from('x')]]), 'MLC4031'],
    'xz that is none': [
      archive([['data.tar.xz', Buffer.from('no xz at all, really none')]]),
      'MLC4033',
    ],
    'xz that ends too early': [
      archive([['data.tar.xz', host('xz', ['-c'], { input: data[1] }).subarray(0, 60)]]),
      'MLC4033',
    ],
    'xz with bytes behind it': [
      archive([
        ['data.tar.xz', Buffer.concat([host('xz', ['-c'], { input: data[1] }), Buffer.from('x')])],
      ]),
      'MLC4033',
    ],
    'empty xz': [archive([['data.tar.xz', Buffer.alloc(0)]]), 'MLC4033'],
    'gzip that ends too early': [
      archive([['data.tar.gz', gzipSync(data[1]).subarray(0, 40)]]),
      'MLC4033',
    ],
    'a tar that ends too early': [archive([['data.tar', data[1].subarray(0, 600)]]), 'MLC6002'],
  };
  it.each(Object.entries(cases))('%s', async (_, [bytes, code]) => {
    const path = join(folder, 'damaged.deb');
    writeFileSync(path, bytes);
    await expect(listing(path)).rejects.toThrowError(expect.objectContaining({ code }));
  });

  it('lets go of the decoder, so that the next package can be read', async () => {
    const path = join(folder, 'next.deb');
    const packed = host('xz', ['-c'], {
      input: rawTar([{ name: './a', content: 'x'.repeat(300_000) }, { name: './b' }]),
    });
    writeFileSync(path, archive([['data.tar.xz', packed]]));
    for (let round = 0; round < 3; round += 1) {
      const deb = await openDeb(path, 'test');
      for await (const entry of deb.entries()) {
        expect(entry.path).toBe('a');
        break;
      }
      await deb.close();
    }
    await expect(listing(path)).resolves.toHaveProperty('b');
  });

  it('gives a coded error or the same content, whatever byte is changed', async () => {
    const path = writeRawDeb(join(folder, 'good.deb'), 'aa', [
      { name: './usr/one', content: 'one' },
    ]);
    const good = readFileSync(path);
    await fc.assert(
      fc.asyncProperty(
        fc.nat(good.length - 1),
        fc.integer({ min: 1, max: 255 }),
        async (at, change) => {
          const bytes = Buffer.from(good);
          bytes[at] = (bytes[at] ?? 0) ^ change;
          const mutant = join(folder, 'mutant.deb');
          writeFileSync(mutant, bytes);
          await listing(mutant).catch((error: unknown) => {
            expect(isMlcError(error) ? error.code : error).toMatch(/^MLC/);
          });
        },
      ),
      { numRuns: 300 },
    );
  });
});

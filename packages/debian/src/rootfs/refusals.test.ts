import { describe, expect, it } from 'vitest';
import type { RawEntry } from '../../test/support/raw-deb.ts';
import { digest, layerOf, listing, made, raw } from '../../test/support/layers.ts';

describe('a package that is refused', () => {
  const cases: Record<string, [readonly RawEntry[], string]> = {
    'an absolute path': [[{ name: '/etc/passwd' }], 'MLC6003'],
    'a path that climbs': [[{ name: './../../etc/passwd' }], 'MLC6003'],
    'a hard link that climbs': [[{ name: './a', type: '1', link: '../../etc/passwd' }], 'MLC6003'],
    'a hard link to nothing': [[{ name: './a', type: '1', link: './b' }], 'MLC4043'],
    'a hard link to a link': [
      [
        { name: './b', type: '2', link: '/etc/passwd' },
        { name: './a', type: '1', link: './b' },
      ],
      'MLC4043',
    ],
    'writing through a link': [
      [
        { name: './usr/x', type: '2', link: '/etc' },
        { name: './usr/x/passwd', content: 'p' },
      ],
      'MLC4042',
    ],
    'writing through a link, with the directory first': [
      [
        { name: './usr/x', type: '2', link: '/etc' },
        { name: './usr/x/', type: '5' },
      ],
      'MLC4040',
    ],
    'a directory that becomes a link': [
      [
        { name: './usr/x/y', content: 'y' },
        { name: './usr/x', type: '2', link: '/etc' },
      ],
      'MLC4040',
    ],
    'a path twice': [
      [
        { name: './a', content: '1' },
        { name: './a', content: '2' },
      ],
      'MLC4040',
    ],
    'a path twice, once below the old folder': [
      [
        { name: './lib/a', content: '1' },
        { name: './usr/lib/a', content: '2' },
      ],
      'MLC4040',
    ],
    'a file as a parent': [
      [
        { name: './a', content: '1' },
        { name: './a/b', content: '2' },
      ],
      'MLC4042',
    ],
    'a character device': [[{ name: './dev/null', type: '3' }], 'MLC4041'],
    'a block device': [[{ name: './dev/sda', type: '4' }], 'MLC4041'],
    'a fifo': [[{ name: './run/pipe', type: '6' }], 'MLC4041'],
  };
  it.each(Object.entries(cases))('%s', async (_, [entries, code]) => {
    await expect(listing(layerOf([raw(entries)]))).rejects.toThrowError(
      expect.objectContaining({ code }),
    );
  });

  it('a whiteout, by the lint of the layer', async () => {
    await expect(digest(layerOf([raw([{ name: './usr/.wh.lib' }])]))).rejects.toThrowError(
      expect.objectContaining({ code: 'MLC6015' }),
    );
  });

  it('two packages with one path, both named', async () => {
    const debs = ['libleft', 'libright'].map((name) =>
      made({ name, files: { 'usr/lib/same': name } }),
    );
    await expect(listing(layerOf(debs))).rejects.toThrowError(
      expect.objectContaining({
        code: 'MLC4040',
        data: {
          path: 'usr/lib/same',
          first: 'libleft 1.0',
          second: 'libright 1.0',
          detail: 'a file and a file',
        },
      }),
    );
  });

  it('another package than the locked one', async () => {
    const deb = made({ name: 'libother' });
    const wrong = { ...deb, deb: { ...deb.deb, version: '2.0' } };
    await expect(listing(layerOf([wrong]))).rejects.toThrowError(
      expect.objectContaining({ code: 'MLC4032' }),
    );
  });

  it('a script that is not modelled, unless it is allowed by name', async () => {
    const deb = made({
      name: 'libscript',
      scripts: { postinst: '#!/bin/sh\nset -e\nadduser --system evil\n' },
    });
    await expect(listing(layerOf([deb]))).rejects.toThrowError(
      expect.objectContaining({
        code: 'MLC4050',
        data: expect.objectContaining({ deb: 'libscript' }) as unknown,
      }),
    );
    await expect(listing(layerOf([deb], { allowScripts: ['libscript'] }))).resolves.toBeDefined();
  });
});

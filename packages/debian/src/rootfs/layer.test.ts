import { chmodSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { RawEntry } from '../../test/support/raw-deb.ts';
import { digest, layerOf, listing, made, raw } from '../../test/support/layers.ts';

describe('debianLayerEntries', () => {
  it('moves old paths below /usr, targets of hard links too, and leaves symbolic ones as they are', async () => {
    const entries = await listing(
      layerOf([
        raw([
          { name: './lib/', type: '5', mode: 0o755 },
          { name: './lib/libaa.so.1.0', content: 'aa' },
          { name: './lib/libaa.so.1', type: '2', link: 'libaa.so.1.0' },
          { name: './sbin/tool', content: 't', mode: 0o755 },
          { name: './bin/tool2', type: '1', link: './sbin/tool' },
          { name: './var/run/aa', type: '5', mode: 0o755 },
        ]),
      ]),
    );
    expect([...entries.keys()].filter((path) => !path.startsWith('var/lib'))).toEqual([
      'usr',
      'usr/lib',
      'usr/lib/libaa.so.1.0',
      'usr/lib/libaa.so.1',
      'usr/sbin',
      'usr/sbin/tool',
      'usr/bin',
      'usr/bin/tool2',
      'run',
      'run/aa',
      'var',
    ]);
    expect(entries.get('usr/lib/libaa.so.1')).toBe('->libaa.so.1.0');
    expect(entries.get('usr/bin/tool2')).toBe('=>usr/sbin/tool');
  });

  it('holds records for scanners beside the package', async () => {
    const entries = await listing(
      layerOf([
        made({
          name: 'libstatus',
          files: { 'lib/aa': 'a' },
          scripts: { md5sums: `${'0'.repeat(32)}  lib/aa\n` },
        }),
      ]),
    );
    expect(entries.get('var/lib/dpkg/status.d/libstatus')).toMatch(
      /^644 Package: libstatus\nVersion: 1.0\n/,
    );
    expect(entries.get('var/lib/dpkg/status.d/libstatus.md5sums')).toBe(
      `644 ${'0'.repeat(32)}  usr/lib/aa\n`,
    );
  });

  it('leaves documentation out, but never a copyright file', async () => {
    const files = {
      'usr/share/doc/aa/copyright': 'c',
      'usr/share/doc/aa/README': 'r',
      'usr/share/man/man1/aa.1': 'm',
      'usr/share/locale/de/LC_MESSAGES/aa.mo': 'l',
      'usr/lib/x86_64-linux-gnu/gconv/UTF-16.so': 'u',
      'usr/lib/x86_64-linux-gnu/gconv/BIG5.so': 'b',
      'usr/share/aa/doc': 'd',
    };
    const deb = made({ name: 'libdocs', files });
    const trimmed = await listing(layerOf([deb]));
    const kept = [
      'usr/share/doc/aa/copyright',
      'usr/lib/x86_64-linux-gnu/gconv/UTF-16.so',
      'usr/share/aa/doc',
    ];
    expect(Object.keys(files).filter((path) => trimmed.has(path))).toEqual(kept);
    const whole = await listing(layerOf([deb], { trim: false }));
    expect(Object.keys(files).every((path) => whole.has(path))).toBe(true);
  });

  it('drops setuid bits and says so', async () => {
    const dropped: unknown[] = [];
    const deb = raw([{ name: './usr/bin/su', content: 's', mode: 0o4755 }]);
    const entries = await listing(layerOf([deb]), { onDropped: (one) => dropped.push(one) });
    expect(entries.get('usr/bin/su')).toBe('755 s');
    expect(dropped).toEqual([{ deb: 'evil 1.0', path: 'usr/bin/su', what: 'mode 4755' }]);
  });

  it('has the same bytes in any order of packages and any umask of their makers', async () => {
    const one = made({ name: 'libone', files: { 'usr/share/shared/one': '1' } });
    const two = made({ name: 'libtwo', files: { 'usr/share/shared/two': '2' } });
    const forward = await digest(layerOf([one, two]));
    expect(await digest(layerOf([two, one]))).toBe(forward);
    expect(await digest(layerOf([one]))).not.toBe(forward);
    chmodSync(one.path, 0o600);
    expect(await digest(layerOf([one, two]))).toBe(forward);
  });

  it('lays alternatives by priority', async () => {
    const script = (path: string, priority: number) => ({
      postinst: `#!/bin/sh\nset -e\nif [ "$1" = "configure" ]; then\n  update-alternatives --install /usr/lib/libblas.so.3 libblas.so.3-x86 \\\n    ${path} ${priority} --slave /usr/share/man/man1/x.1 x.1 ${path}.1\nfi\n`,
    });
    const files = (path: string) => ({ [path.slice(1)]: 'b' });
    const low = made({
      name: 'liblow',
      files: files('/usr/lib/low.so'),
      scripts: script('/usr/lib/low.so', 10),
    });
    const high = made({
      name: 'libhigh',
      files: files('/usr/lib/high.so'),
      scripts: script('/usr/lib/high.so', 90),
    });
    const entries = await listing(layerOf([low, high]));
    expect(entries.get('usr/lib/libblas.so.3')).toBe('->/etc/alternatives/libblas.so.3-x86');
    expect(entries.get('etc/alternatives/libblas.so.3-x86')).toBe('->/usr/lib/high.so');
    expect([...entries.keys()].some((path) => path.includes('x.1'))).toBe(false);
  });

  it('lays bytecode behind the package whose sources it is made of', async () => {
    const added: string[] = [];
    const bytecode = {
      add: (path: string, source: Uint8Array) => void added.push(`${path}:${source.length}`),
      async *take() {
        for (const one of added.splice(0))
          yield { path: `${one.split(':')[0]}c`, bytes: Buffer.from(one) };
        await Promise.resolve();
      },
    };
    const first = made({
      name: 'libpython3.11-minimal',
      files: {
        'usr/lib/python3.11/_sysconfigdata__x86_64-linux-gnu.py': 'data',
        'usr/lib/python3.11/os.py': 'os',
        'usr/lib/python3.11/sitecustomize.py': '->/etc/python3.11/sitecustomize.py',
        'usr/lib/python3.11/data.txt': 'd',
        'usr/share/x.py': 'no module',
      },
    });
    const second = made({
      name: 'python3.11-minimal',
      files: {
        'etc/python3.11/sitecustomize.py': 'site',
        'usr/lib/python3.11/_sysconfigdata__linux_x86_64-linux-gnu.py':
          '->_sysconfigdata__x86_64-linux-gnu.py',
        'usr/lib/python3/apt.py': 'apt',
      },
    });
    const entries = await listing(layerOf([first, second], { group: 'runtime', bytecode }));
    const paths = [...entries.keys()];
    expect(paths.filter((path) => path.endsWith('.pyc'))).toEqual([
      'usr/lib/python3.11/_sysconfigdata__x86_64-linux-gnu.pyc',
      'usr/lib/python3.11/os.pyc',
      'usr/lib/python3/apt.pyc',
      'usr/lib/python3.11/sitecustomize.pyc',
      'usr/lib/python3.11/_sysconfigdata__linux_x86_64-linux-gnu.pyc',
    ]);
    expect(paths.indexOf('usr/lib/python3.11/os.pyc')).toBeLessThan(
      paths.indexOf('usr/lib/python3/apt.py'),
    );
    expect(entries.get('usr/lib/python3.11/sitecustomize.pyc')).toContain('sitecustomize.py:4');
    expect(entries.get('usr/bin/python3')).toBe('->python3.11');
    expect(entries.get('usr/local/lib/python3.11/dist-packages')).toBe('dir 755');
  });
});

describe('the system group', () => {
  it('makes accounts, links, the time zone and the bundle of certificates', async () => {
    const certificates = {
      'usr/share/ca-certificates/mozilla/B.crt': 'B',
      'usr/share/ca-certificates/mozilla/A.crt': 'A\n',
    };
    const debs = [made({ name: 'ca-certificates', files: certificates })];
    const entries = await listing(
      layerOf(debs, { group: 'system', libraryFolders: ['/usr/local/nvidia/lib64'] }),
    );
    expect(entries.get('etc/passwd')).toContain('nonroot:x:65532:65532:');
    expect(entries.get('etc/shadow')).toMatch(/^600 root:\*:/);
    expect(entries.get('etc/ssl/certs/ca-certificates.crt')).toBe('644 A\nB\n');
    expect(entries.get('usr/lib/ssl/cert.pem')).toBe('->/etc/ssl/certs/ca-certificates.crt');
    expect(entries.get('etc/localtime')).toBe('->/usr/share/zoneinfo/Etc/UTC');
    expect(entries.get('etc/ld.so.conf.d/mlcontainer.conf')).toBe('644 /usr/local/nvidia/lib64\n');
    expect(entries.get('tmp')).toBe('dir 1777');
    for (const name of ['bin', 'lib', 'lib64', 'sbin'])
      expect(entries.get(name)).toBe(`->usr/${name}`);
    expect(entries.get('var/run')).toBe('->/run');
    expect(entries.has('usr/share/ca-certificates')).toBe(false);
  });

  it('has no /lib64 on arm64, and agrees with links that the packages ship', async () => {
    const links: RawEntry[] = ['bin', 'lib', 'sbin'].map((name) => ({
      name: `./${name}`,
      type: '2',
      link: `usr/${name}`,
    }));
    const deb = raw([...links, { name: './var/lock', type: '5', mode: 0o1777 }], 'base-files');
    const entries = await listing(layerOf([deb], { group: 'system', architecture: 'arm64' }));
    expect(entries.has('lib64')).toBe(false);
    expect(entries.get('bin')).toBe('->usr/bin');
    expect(entries.get('run/lock')).toBe('dir 1777');
  });
});

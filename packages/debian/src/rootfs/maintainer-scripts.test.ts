import { describe, expect, it } from 'vitest';
import type { OpenDeb } from '../deb/deb.ts';
import { checkScripts, unmodelledLines } from './maintainer-scripts.ts';

function deb(scripts: Readonly<Record<string, string>>): OpenDeb {
  const controlFiles = new Map(
    Object.entries(scripts).map(([name, text]) => [name, Buffer.from(text)]),
  );
  return {
    name: 'aa 1.0',
    control: new Map(),
    controlText: '',
    controlFiles,
    entries: () => ({
      [Symbol.asyncIterator]: () => ({
        next: () => Promise.resolve({ done: true, value: undefined }),
      }),
    }),
    close: () => Promise.resolve(),
  };
}

describe('unmodelledLines', () => {
  it('passes over debhelper’s snippets, tests, upgrades of alternatives and echoes', () => {
    const script = `#!/bin/sh
set -e
case "$1" in
    configure)
        if [ -n "$2" ] && dpkg --compare-versions "$2" lt 1.2; then
            update-alternatives --remove pager /bin/less
        fi
        update-alternatives --install /usr/bin/pager pager \\
          /usr/bin/less 77
        ldconfig
    ;;
    abort-upgrade|abort-remove|abort-deconfigure) ;;
    *)
        echo "postinst called with unknown argument \\\`$1'" >&2
        exit 1
    ;;
esac
for lib in libaa.so.1 libbb.so.1; do
  dpkg-divert --package aa --no-rename --divert "/lib/$lib.usr-is-merged" --add "/lib/$lib"
done
# Automatically added by dh_installsystemd/13.11.4
if deb-systemd-helper --quiet was-enabled 'aa.service'; then
	deb-systemd-helper enable 'aa.service' >/dev/null || true
fi
# End automatically added section
exit 0
`;
    expect(unmodelledLines(script)).toEqual([]);
  });

  it.each([
    'adduser --system aa',
    'mkdir -p /var/lib/aa',
    'echo text > /etc/aa.conf',
    'if [ "$(id -u)" = 0 ]; then',
    'if touch /etc/aa; then',
    'if [ -f /x ] && touch /etc/aa; then',
    'dpkg-divert --add --rename /usr/bin/aa',
    'update-alternatives --install /usr/bin/$name $name /usr/bin/aa 1',
    'for one in $(ls /etc); do',
    'chmod u+s /usr/bin/aa',
  ])('objects to %j', (line) => {
    expect(unmodelledLines(`#!/bin/sh\nset -e\n${line}\n`)).toEqual([line]);
  });

  it('objects to what other helpers add', () => {
    const script =
      '# Automatically added by dh_sysuser/1.4\nadduser aa\n# End automatically added section\n';
    expect(unmodelledLines(script)).toEqual(['adduser aa']);
  });
});

describe('checkScripts', () => {
  const refusal = expect.objectContaining({ code: 'MLC4050' });

  it('lets a preinst move and remove, but not make', () => {
    const move =
      'set -e\nif [ "$1" = install ]; then\nrm -f /etc/aa\nmv /etc/b /etc/c 2>/dev/null\nfi\n';
    checkScripts(deb({ preinst: move }), 'aa', []);
    expect(() => {
      checkScripts(deb({ postinst: move }), 'aa', []);
    }).toThrowError(refusal);
    for (const line of [
      'mkdir /x',
      'cat >/etc/aa',
      'dpkg-divert --add /x',
      'useradd aa',
      'test -f x || ln -s a b',
    ]) {
      expect(() => {
        checkScripts(deb({ preinst: `set -e\n${line}\n` }), 'aa', []);
      }).toThrowError(refusal);
    }
  });

  it('lets in what was read, and what is allowed by name', () => {
    const scripts = { postinst: 'adduser aa\n' };
    checkScripts(deb(scripts), 'tzdata', []);
    checkScripts(deb(scripts), 'aa', ['aa']);
    expect(() => {
      checkScripts(deb(scripts), 'aa', ['bb']);
    }).toThrowError(refusal);
  });
});

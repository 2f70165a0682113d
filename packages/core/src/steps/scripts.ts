import { NOISE, type Mount, type Noise } from '@mlcontainer/buildah-wrapper';
import type { FetchedDeb } from '../inputs/debian.ts';

/** Where the .debs appear in the build container; nothing of it is kept. */
const FOLDER = '/run/mlcontainer/debs';

/** How dpkg is run on packages that were resolved, verified and fetched already. */
export interface ScriptsStep {
  readonly commands: readonly (readonly string[])[];
  readonly mounts: readonly Mount[];
  readonly env: Readonly<Record<string, string>>;
  readonly noise: readonly Noise[];
}

/** Documentation and translations, which layers of laid packages leave out, too (dpkg(1), --path-exclude). */
const EXCLUDED = ['man', 'info', 'locale', 'help', 'lintian', 'linda', 'bug', 'doc-base'];

/** What dpkg believes is installed: every laid package has its control record in status.d. */
const PREPARE = `
cd /var/lib/dpkg
mkdir -p info updates triggers parts alternatives
for record in status.d/*; do
  case "$record" in *.md5sums) continue ;; esac
  sed '/^Package:/a Status: install ok installed' "$record"
  echo
  : > "info/\${record#status.d/}.list"
done > status
: > available
mkdir -p /usr/sbin
printf '#!/bin/sh\\nexit 101\\n' > /usr/sbin/policy-rc.d
chmod 755 /usr/sbin/policy-rc.d
`;

/** The dependencies were resolved by us, and what only scripts need is in the build container. */
const INSTALL = `
dpkg --force-depends --force-confnew --force-unsafe-io ${EXCLUDED.map((name) => `--path-exclude='/usr/share/${name}/*'`).join(' ')} \\
  --path-exclude='/usr/share/doc/*' --path-include='/usr/share/doc/*/copyright' \\
  --install ${FOLDER}/*.deb
dpkg --audit
`;

/** The records that scanners read, as laid packages have them. */
const RECORD = `
for deb in ${FOLDER}/*.deb; do
  name=$(dpkg-deb --field "$deb" Package)
  dpkg-deb --field "$deb" > "/var/lib/dpkg/status.d/$name"
  dpkg-deb --ctrl-tarfile "$deb" | tar -xO ./md5sums 2>/dev/null \\
    | sed -E 's#^([0-9a-f]{32})  (bin|sbin|lib|lib32|lib64|libx32)/#\\1  usr/\\2/#' > /tmp/md5sums || :
  if [ -s /tmp/md5sums ]; then cp /tmp/md5sums "/var/lib/dpkg/status.d/$name.md5sums"; fi
done
rm /usr/sbin/policy-rc.d
`;

/** What dpkg and debconf keep for the next installation, which an image never sees. */
const STATE: readonly Noise[] = [
  ...['info', 'updates', 'triggers', 'parts', 'alternatives'].map((name): Noise => ({
    kind: 'tree',
    path: `var/lib/dpkg/${name}`,
    reason: 'state of dpkg',
  })),
  ...['status', 'status-old', 'available', 'available-old', 'lock', 'lock-frontend', 'arch'].map(
    (name): Noise => ({ kind: 'file', path: `var/lib/dpkg/${name}`, reason: 'state of dpkg' }),
  ),
  ...['diversions', 'diversions-old', 'statoverride', 'statoverride-old'].map((name): Noise => ({
    kind: 'file',
    path: `var/lib/dpkg/${name}`,
    reason: 'state of dpkg',
  })),
  ...EXCLUDED.map((name): Noise => ({
    kind: 'tree',
    path: `usr/share/${name}`,
    reason: 'documentation',
  })),
  {
    kind: 'file',
    path: 'etc/ld.so.cache',
    reason: 'it would name libraries of the build container; ours is made over those of the image',
  },
  { kind: 'tree', path: 'var/lib/ucf', reason: 'state of ucf' },
  { kind: 'tree', path: 'var/lib/systemd', reason: 'state of services; a container has none' },
];

/** Installs packages with their maintainer scripts, without network and without starting services. */
export function scriptsStep(debs: readonly FetchedDeb[]): ScriptsStep {
  const mounts = debs.map(({ deb, path }) => ({
    source: path,
    target: `${FOLDER}/${deb.name}.deb`,
  }));
  const shell = (script: string): readonly string[] => ['/bin/sh', '-ec', script];
  return {
    commands: [shell(PREPARE), shell(INSTALL), shell(RECORD)],
    mounts,
    env: { DEBIAN_FRONTEND: 'noninteractive', DEBCONF_NONINTERACTIVE_SEEN: 'true' },
    noise: [...NOISE, ...STATE],
  };
}

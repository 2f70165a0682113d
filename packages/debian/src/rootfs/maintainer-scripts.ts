import { mlcError } from '@mlcontainer/plugin-kit';
import type { OpenDeb } from '../deb/deb.ts';

/** Packages whose scripts were read, and why laying their files (and what is generated here) is enough. */
const READ: Readonly<Record<string, string>> = {
  'base-files': 'folders, /var/run and /var/lock are generated; profile and motd are for shells',
  bash: 'links /bin/sh only where there is none',
  'ca-certificates': 'the bundle is generated',
  coreutils: 'upgrades from old versions',
  dash: 'keeps /bin/sh, which the package holds',
  fontconfig: 'fills a cache that programs fill themselves',
  'fontconfig-config': 'links configuration that the package holds',
  git: 'upgrades from old versions',
  'hicolor-icon-theme': 'fills a cache for desktops',
  iproute2: 'sets capabilities only where debconf was told to',
  'libc-bin': 'nsswitch.conf and the loader cache are generated',
  libc6: 'restarts services; a container has none',
  libgcrypt20: 'upgrades from old versions',
  'libgdk-pixbuf-2.0-0': 'fills a loader cache that the library does without',
  'libglib2.0-0': 'fills a cache of modules; the library reads its folder without it',
  'libglib2.0-0t64': 'fills a cache of modules; the library reads its folder without it',
  'libgssapi-krb5-2': 'upgrades from old versions',
  libpam0g: 'restarts services; a container has none',
  'libpython3.11-minimal': 'prints a text',
  'libpython3.13-minimal': 'prints a text',
  'mariadb-common': 'links /etc/mysql/my.cnf, which clients do without',
  'mysql-common': 'links /etc/mysql/my.cnf, which clients do without',
  netbase: '/etc/hosts is generated',
  openssl: 'removes a folder of an old version',
  perl: 'upgrades from old versions',
  'perl-base': 'upgrades from old versions',
  'python3-distutils': 'compiles bytecode, which is made here',
  'python3-lib2to3': 'compiles bytecode, which is made here',
  'python3.11-minimal': 'compiles bytecode, which is made here; the folder for wheels is generated',
  'python3.13-minimal': 'compiles bytecode, which is made here; the folder for wheels is generated',
  'readline-common': 'copies /etc/inputrc for shells',
  'shared-mime-info': 'fills a database for desktops',
  tzdata: '/etc/localtime and /etc/timezone are generated',
  'tzdata-legacy': 'its names are links that the package holds',
  'unixodbc-common': 'makes an empty /etc/odbcinst.ini; the driver manager works without it',
  unzip: 'registers with mail readers',
  'util-linux': 'its alternatives are laid',
  'x11-common': 'makes folders for a display server',
};

/** Debhelper's snippets whose effect is modelled, or means nothing in a container. */
const HELPERS = new Set([
  'dh_apparmor',
  'dh_icons',
  'dh_installalternatives',
  'dh_installdeb',
  'dh_installdebconf',
  'dh_installinfo',
  'dh_installinit',
  'dh_installmenu',
  'dh_installmime',
  'dh_installsystemd',
  'dh_installsystemduser',
  'dh_installudev',
  'dh_makeshlibs',
  'dh_pypy',
  'dh_python3',
  'dh_systemd_enable',
  'dh_systemd_start',
  'dh_usrlocal',
]);

/** A test without command substitution, alone or in a chain: it decides, but changes nothing. */
const TEST = String.raw`(?:! )?(?:\[ [^\x60;]* \]|test [^\x60;|&]*|(?:which|command -v) [^\x60;|&]*|dpkg --compare-versions [^\x60;|&]*)`;
const CONDITION = new RegExp(
  String.raw`^(?:el)?if ${TEST}(?:\s*(?:&&|\|\|)\s*${TEST})*\s*(?:;\s*(?:then)?)?$`,
);

/** Shell lines that change nothing in a fresh root, or whose effect is modelled (ldconfig, alternatives). */
const HARMLESS = [
  CONDITION,
  /^set -[eux]+$/,
  /^case "?\$\{?1\}?"? in$/,
  /^"?[\w|* -]+"?\)(?:\s*;;)?$/,
  /^(?:;;|esac|fi|else|then|do|done|true|:|\})(?:;;|;)?$/,
  /^for \w+ in [^`$]*;\s*do$/,
  /^(?:exit|return) \d+;?$/,
  /^echo\s(?:[^`>]|\\`|>&2)*$/,
  /^(?:\/sbin\/)?ldconfig(?:\s*\|\|\s*(?:true|:))?$/,
  /^update-alternatives\s+(?:--quiet\s+)?--install\s[^$`]*$/,
  /^update-alternatives\s+(?:--quiet\s+)?--remove(?:-all)?\s[^`]*$/,
  // Aliases of old /lib paths are kept while a running system moves to merged /usr; a fresh root has none.
  /^dpkg-divert\s.*\.usr-is-merged.*$/,
  /^dpkg-divert\s.*--remove\s.*$/,
  /^dpkg-maintscript-helper\s.*$/,
  /^dpkg-trigger\s.*$/,
  /^py3(?:compile|clean)\s.*$/,
  /^\. \/usr\/share\/debconf\/confmodule$/,
  /^db_(?:stop|purge|version 2\.0)(?:\s*\|\|\s*(?:true|:))?$/,
];

/** The lines of a script that are neither harmless nor modelled. */
export function unmodelledLines(script: string): string[] {
  return withoutHelpers(script.replaceAll(/\\\n/g, ' ').split('\n'))
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'))
    .filter((line) => line.includes('$(') || !HARMLESS.some((form) => form.test(line)));
}

/** Debhelper marks what it adds: `# Automatically added by dh_makeshlibs/13.3`. */
function withoutHelpers(lines: readonly string[]): string[] {
  const kept: string[] = [];
  let skipping = false;
  for (const line of lines) {
    const helper = /^# Automatically added by (\w+)/.exec(line)?.[1];
    if (helper !== undefined) skipping = HELPERS.has(helper);
    if (!skipping) kept.push(line);
    if (line.startsWith('# End automatically added section')) skipping = false;
  }
  return kept;
}

/** What a preinst may make; all else in it moves or removes files of older versions, which a fresh root has not. */
const MAKES =
  /(?:^|[\s;&|(])(?:mkdir|mknod|mkfifo|touch|ln|cp|install|tee|adduser|addgroup|useradd|groupadd|usermod|setcap)\s|(?<!-)>(?!&|\s*\/dev\/null)|dpkg-divert|update-alternatives|systemctl/;

/** The lines of a package's scripts that stand against laying its files alone. */
function objections(script: 'preinst' | 'postinst', text: string): string[] {
  const lines = unmodelledLines(text);
  return script === 'postinst' ? lines : lines.filter((line) => MAKES.test(line));
}

/**
 * Refuses a package whose preinst or postinst would do what laying files does not, unless it is on the list of
 * scripts that were read, or `allow` names it. Throws MLC4050 with the first such lines.
 */
export function checkScripts(deb: OpenDeb, name: string, allow: readonly string[]): void {
  if (name in READ || allow.includes(name)) return;
  for (const script of ['preinst', 'postinst'] as const) {
    const bytes = deb.controlFiles.get(script);
    if (bytes === undefined) continue;
    const lines = objections(script, new TextDecoder().decode(bytes));
    if (lines.length > 0)
      throw mlcError('MLC4050', { deb: name, script, lines: lines.slice(0, 5) });
  }
}

/**
 * Packages that others depend on only for their maintainer scripts, or that mlcontainer stands in for itself.
 * Scripts are never run, so these are not laid unless somebody asks for them by name.
 */
const OMITTED: Readonly<Record<string, string>> = {
  adduser: 'creates users from maintainer scripts; accounts are made here',
  awk: 'used by maintainer scripts',
  mawk: 'used by maintainer scripts',
  cdebconf: 'asks questions at installation',
  debconf: 'asks questions at installation',
  'debconf-2.0': 'asks questions at installation',
  debianutils: 'used by maintainer scripts',
  dpkg: 'installs packages; nothing is installed inside the image',
  'init-system-helpers': 'starts services; a container has none',
  'install-info': 'indexes documentation that is not laid',
  'lsb-base': 'starts services; a container has none',
  python3: 'the interpreter is laid without it',
  'python3-minimal': 'the interpreter is laid without it',
  'python3.11': 'the interpreter is laid without it',
  'python3.13': 'the interpreter is laid without it',
  'sysvinit-utils': 'starts services; a container has none',
  ucf: 'keeps configuration files over upgrades; a layer is never upgraded',
};

/** Dependencies that one package alone does not need here. */
const OMITTED_OF: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'ca-certificates': {
    openssl: 'hashes certificates in the maintainer script; the bundle is made here',
  },
};

/** Why a dependency is not laid; undefined when it is. */
export function omissionReason(dependent: string, dependency: string): string | undefined {
  return OMITTED_OF[dependent]?.[dependency] ?? OMITTED[dependency];
}

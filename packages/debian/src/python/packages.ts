import type { Suite } from '../lock.ts';

/** The interpreter that a suite brings. */
export interface PythonPackages {
  readonly version: '3.11' | '3.13';
  /** Absolute path in the image. */
  readonly executable: string;
  /** Packages to ask for by name; what they depend on comes along. */
  readonly packages: readonly string[];
  /** Where wheels go: Debian's `dist-packages` for what is installed locally. Absolute path in the image. */
  readonly site: string;
  /** Where console scripts go. Absolute path in the image. */
  readonly bin: string;
}

const PYTHON: Readonly<Record<Suite, Pick<PythonPackages, 'version' | 'packages'>>> = {
  // Debian splits distutils, lib2to3 and gdbm off; without them `import distutils` fails on 3.11.
  bookworm: {
    version: '3.11',
    packages: [
      'libpython3.11-minimal',
      'libpython3.11-stdlib',
      'python3-distutils',
      'python3-gdbm',
      'python3-lib2to3',
      'python3.11-minimal',
    ],
  },
  trixie: {
    version: '3.13',
    packages: [
      'libpython3.13-minimal',
      'libpython3.13-stdlib',
      'python3.13-gdbm',
      'python3.13-minimal',
    ],
  },
};

/**
 * The Python of a suite with its whole standard library, except what Debian splits off and a server has no use for:
 * tkinter, turtle and idlelib (they need X11), ensurepip (carries wheels of pip), the test suites.
 */
export function pythonPackages(suite: Suite): PythonPackages {
  const { version, packages } = PYTHON[suite];
  return {
    version,
    executable: `/usr/bin/python${version}`,
    packages,
    site: `/usr/local/lib/python${version}/dist-packages`,
    bin: '/usr/local/bin',
  };
}

const BASE = [
  'base-files',
  'ca-certificates',
  'libc-bin',
  'libc6',
  'libgcc-s1',
  'libstdc++6',
  'media-types',
  'netbase',
  'tzdata',
  'zlib1g',
];

const BASE_OF: Readonly<Record<Suite, readonly string[]>> = {
  bookworm: ['libssl3'],
  // Names like US/Eastern moved to a package of their own; Python code uses them still.
  trixie: ['libssl3t64', 'tzdata-legacy'],
};

/** The packages below any server image: C library and loader, TLS with its roots, C++ runtime, time zones, tables. */
export function basePackages(suite: Suite): readonly string[] {
  return [...BASE, ...BASE_OF[suite]].toSorted();
}

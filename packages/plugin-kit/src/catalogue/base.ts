import { entry } from './entry.ts';

/** MLC67xx: base images from registries. */
export const baseErrors = {
  MLC6701: entry<{ reference: string; detail: string }>({
    title: 'Not an image to build on',
    message: (d) => `The base ${d.reference} cannot be used: ${d.detail}.`,
    why: 'A base is a Linux image in OCI format or in Docker’s schema 2, by itself or in an index.',
    fix: 'Name another tag, or have the image pushed again by a tool of today.',
  }),
  MLC6702: entry<{ reference: string; platform: string; available: readonly string[] }>({
    title: 'Base lacks a platform',
    message: (d) =>
      `The base ${d.reference} has no image for ${d.platform}; it has ${d.available.join(', ') || 'none'}.`,
    why: 'Every platform of the plan stands on an image of that platform.',
    fix: 'Take the platform out of `platforms`, or name a base that has it.',
    exit: 2,
  }),
  MLC6703: entry<{ reference: string; digest: string; detail: string }>({
    title: 'Unusable layer in the base',
    message: (d) => `The base ${d.reference}: the layer ${d.digest} ${d.detail}.`,
    why: 'Every layer of a base is read once and copied as it is; this one cannot be.',
    fix: 'Name a base whose layers are plain, gzip or zstd tars that may be distributed.',
  }),
  MLC6704: entry<{ reference: string; searched: readonly string[] }>({
    title: 'No Python in the base',
    message: (d) => `The base ${d.reference} holds no Python in ${d.searched.join(', ')}.`,
    why: 'The inference server and the model’s framework run on the Python of the base.',
    fix: 'Name a base with Python 3.11 or newer, or leave `base` out: Debian brings its own.',
    exit: 2,
  }),
  MLC6705: entry<{ reference: string; rejected: readonly string[] }>({
    title: 'No usable Python in the base',
    message: (d) =>
      `The base ${d.reference} holds no Python that can be used:${d.rejected.map((line) => `\n  - ${line}`).join('')}`,
    why: 'The server needs a CPython 3.11 to 3.14 with its standard library, for the GNU C library.',
    fix: 'Name a base with such a Python, or leave `base` out: Debian brings its own.',
    exit: 2,
  }),
  MLC6706: entry<{ reference: string; detail: string }>({
    title: 'Unsupported C library in the base',
    message: (d) => `The base ${d.reference}: ${d.detail}.`,
    why: 'Wheels are built against the GNU C library; with musl (Alpine) most frameworks have none.',
    fix: 'Name the same base made of Debian, Ubuntu or another glibc system: `-slim` instead of `-alpine`.',
    exit: 2,
  }),
  MLC6707: entry<{ reference: string; what: string; values: readonly string[] }>({
    title: 'Platforms of the base differ',
    message: (d) => `The base ${d.reference}: ${d.what} differs: ${d.values.join(', ')}.`,
    why: 'One plan has one Python and one entrypoint for all its platforms.',
    fix: 'Build the platforms one by one with `--platform`, or name another base.',
    exit: 2,
  }),
  MLC6708: entry<{ reference: string; path: string; detail: string }>({
    title: 'Path taken in the base',
    message: (d) => `The base ${d.reference}: ${d.path} ${d.detail}.`,
    why: 'Below a linked folder engines disagree where a file lands, and over files of another image two would mix.',
    fix: 'Name another base, or put the file elsewhere.',
    exit: 2,
  }),
  MLC6709: entry<{ reference: string; digest: string; expected: string; actual: string }>({
    title: 'Base contradicts itself',
    message: (d) =>
      `The base ${d.reference}: the layer ${d.digest} unpacks to ${d.actual}, its configuration says ${d.expected}.`,
    why: 'An engine that checks it would refuse every image that is built on it.',
    fix: 'Have the base pushed again by a tool that writes true diff IDs.',
  }),
  MLC6710: entry<{ reference: string; owner: string; packages: readonly string[] }>({
    title: 'Debian packages on a foreign base',
    message: (d) =>
      `${d.owner} asks for the Debian packages ${d.packages.join(', ')}, but the base is ${d.reference}.`,
    why: 'Packages are laid only on the Debian base that mlcontainer makes itself; into another image they might not fit.',
    fix: 'Take a base that has them already, or leave `base` out.',
    exit: 2,
  }),
  MLC6711: entry<{ reference: string; detail: string }>({
    title: 'The base’s Python does not start here',
    message: (d) =>
      `The Python of ${d.reference} cannot compile bytecode on this machine: ${d.detail}.`,
    why: 'Bytecode is made by the image’s own Python, which runs from its unpacked files.',
    fix: 'Build on a machine of the image’s architecture, or set `bytecode: false`.',
  }),
  MLC6712: entry<{ reference: string }>({
    title: 'Base not pinned',
    message: (d) => `The plan names the base ${d.reference} without what it was pinned to.`,
    why: 'A plan says which very image it stands on, so that a tag that moves changes nothing.',
    fix: 'Make the plan again with this version.',
  }),
};

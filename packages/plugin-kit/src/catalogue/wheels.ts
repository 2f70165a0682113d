import { entry } from './entry.ts';

/** MLC5xxx: Python settings, uv, indexes, wheels, bytecode. */
export const wheelsErrors = {
  MLC5001: entry<{ detail: string }>({
    title: 'No uv',
    message: (d) =>
      `uv is needed to resolve Python requirements, and it was not found: ${d.detail}.`,
    why: 'uv was neither named by MLCONTAINER_UV nor on PATH, and could not be fetched through the configured index or pip.',
    fix: 'Install uv, or set MLCONTAINER_UV to its path, or configure an index that carries the `uv` wheel (PIP_INDEX_URL or UV_DEFAULT_INDEX).',
  }),
  MLC5002: entry<{ path: string; version: string; minimum: string }>({
    title: 'uv too old',
    message: (d) => `${d.path} is uv ${d.version}; at least ${d.minimum} is needed.`,
    why: 'Older releases cannot write pylock.toml or do not know the target platform.',
    fix: 'Upgrade uv, or unset MLCONTAINER_UV and let mlcontainer fetch a fitting release.',
  }),
  MLC5003: entry<{ source: string; detail: string }>({
    title: 'Python setting not understood',
    message: (d) => `${d.source}: ${d.detail}.`,
    why: 'A pip or uv setting that decides where packages come from must not be guessed.',
    fix: 'Correct the value at that place; `mlcontainer doctor` shows every setting with its source.',
    exit: 2,
  }),
  MLC5004: entry<{ detail: string }>({
    title: 'No package index',
    message: (d) => `No Python package index is known here: ${d.detail}.`,
    why: 'None is configured, and neither uv nor pip is present to say which one it uses by default.',
    fix: 'Set PIP_INDEX_URL or UV_DEFAULT_INDEX, or install uv or pip.',
    exit: 2,
  }),
  MLC5010: entry<{ explanation: string }>({
    title: 'Requirements cannot be met',
    message: (d) => `uv found no set of versions for these requirements:\n${d.explanation}`,
    why: 'No combination of released wheels meets every requirement and constraint on this platform, or the first index that lists a package has no fitting release.',
    fix: 'Loosen the requirement that the explanation names. When several equally trusted indexes share a package, UV_INDEX_STRATEGY=unsafe-best-match looks at all of them.',
  }),
  MLC5011: entry<{ packages: readonly string[]; explanation: string }>({
    title: 'No wheel',
    message: (d) =>
      `${d.packages.join(', ')}: no wheel for this platform, only sources.\n${d.explanation}`,
    why: 'Building from source needs a compiler and runs foreign code; layers are made from wheels only.',
    fix: 'Build the wheel once (`pip wheel`) and name its folder in find-links (PIP_FIND_LINKS), or put it into an index of your own. Or let it be compiled, hermetically: sdists: ["name==version"], which needs buildah.',
  }),
  MLC5012: entry<{ detail: string }>({
    title: 'uv failed',
    message: (d) => `uv ended without a usable answer: ${d.detail}`,
    why: 'The resolver did not finish, or its output is of an unknown form.',
    fix: 'Read its message; the cause is there. Check network, index and the uv release.',
  }),
  MLC5013: entry<{ requirement: string; detail: string }>({
    title: 'Requirement cannot be locked',
    message: (d) => `${d.requirement}: ${d.detail}.`,
    why: 'A lock names wheels by name, version and hash, never by an address or a local path.',
    fix: 'Require the package by name and version, and put its wheel into an index or a find-links folder.',
    exit: 2,
  }),
  MLC5014: entry<{ name: string; file: string; platform: string }>({
    title: 'Wheel does not fit',
    message: (d) => `${d.name}: ${d.file} does not fit ${d.platform}.`,
    why: 'None of its compatibility tags is one that the target platform supports (PEP 425).',
    fix: 'Choose a release that has a wheel for the platform, or build one into a wheelhouse.',
  }),
  MLC5015: entry<{ file: string; detail: string }>({
    title: 'Source cannot be built',
    message: (d) => `${d.file}: ${d.detail}.`,
    why: 'A source distribution says by the table build-system of its pyproject.toml how it becomes a wheel (PEP 517, PEP 518).',
    fix: 'Take another release, or build the wheel by hand and name its folder in find-links.',
  }),
  MLC5020: entry<{ name: string; file: string; searched: readonly string[] }>({
    title: 'Wheel not found',
    message: (d) => `${d.file} is at none of: ${d.searched.join(', ') || '(nothing configured)'}.`,
    why: 'The lock names this file, and no configured index or find-links place has it any more.',
    fix: 'Configure the index that has it, or refresh the lock with `mlcontainer lock --update`.',
  }),
  MLC5021: entry<{ url: string; status: number }>({
    title: 'Index refuses',
    message: (d) => `${d.url} answered ${d.status}; later indexes are not asked.`,
    why: 'Going on to another index after a refusal would let a package of the same name from elsewhere in.',
    fix: 'Give credentials for this index (netrc or its URL) and check their rights.',
  }),
  MLC5022: entry<{ url: string; detail: string }>({
    title: 'Index not understood',
    message: (d) => `${d.url}: ${d.detail}.`,
    why: 'The answer is not a project page of the simple repository API (HTML or JSON).',
    fix: 'Check that the address is the one of a simple index, usually ending in /simple.',
  }),
  MLC5023: entry<{ file: string; place: string; expected: string; actual: string }>({
    title: 'Index names another hash',
    message: (d) => `${d.file}: ${d.place} lists sha256 ${d.actual}, the lock says ${d.expected}.`,
    why: 'The file was replaced after it was locked, or this is another file of the same name.',
    fix: 'Find out why before using it. If it was replaced on purpose, run `mlcontainer lock --update`.',
  }),
  MLC5030: entry<{ file: string; rule: string; detail: string }>({
    title: 'Unsafe zip archive',
    message: (d) => `${d.file}: ${d.detail} (rule ${d.rule}).`,
    why: 'Readers disagree about such an archive, or it is built to do harm; what was checked would not be what is installed.',
    fix: 'Do not use this file. Ask its publisher for a clean build, or take another release.',
  }),
  MLC5031: entry<{ file: string; rule: string; detail: string }>({
    title: 'Invalid wheel',
    message: (d) => `${d.file}: ${d.detail} (rule ${d.rule}).`,
    why: 'It breaks the binary distribution format that installers rely on.',
    fix: 'Take another release, or rebuild the wheel with a current build backend.',
  }),
  MLC5032: entry<{ file: string; path: string; rule: string; detail: string }>({
    title: 'RECORD lies',
    message: (d) => `${d.file}: ${d.path}: ${d.detail}.`,
    why: 'RECORD must list every file of the wheel with its hash and size; this one does not tell the truth.',
    fix: 'The wheel was changed after it was built. Take another release, or rebuild it with `wheel pack`.',
  }),
  MLC5033: entry<{ file: string; expected: string; actual: string }>({
    title: 'Another wheel',
    message: (d) => `${d.file} says it is ${d.actual}, expected ${d.expected}.`,
    why: 'The metadata inside must be of the package and version that the lock names.',
    fix: 'The file was renamed or mislabelled; take it from its publisher.',
  }),
  MLC5034: entry<{ file: string; name: string; detail: string }>({
    title: 'Bad entry point',
    message: (d) => `${d.file}: entry point ${d.name}: ${d.detail}.`,
    why: 'Its name becomes a file and its target becomes code in the image.',
    fix: 'Take another release of the package, or report it to its publisher.',
  }),
  MLC5035: entry<{ option: string; detail: string }>({
    title: 'Bad install path',
    message: (d) => `${d.option}: ${d.detail}.`,
    why: 'Image paths are relative to the root without a leading slash; the interpreter is an absolute path that fits a shebang line.',
    fix: 'Correct the option.',
    exit: 2,
  }),
  MLC5040: entry<{ detail: string }>({
    title: 'Bytecode compiler failed',
    message: (d) => `The image’s Python could not compile bytecode: ${d.detail}.`,
    why: 'The interpreter ended early or answered out of form.',
    fix: 'Check that the interpreter of the base starts on this machine; `bytecode: false` builds without.',
  }),
  MLC5041: entry<{ path: string; detail: string }>({
    title: 'Bytecode not understood',
    message: (d) => `${d.path}: ${d.detail}.`,
    why: 'Bytecode is rewritten into one canonical form so that layers are reproducible, and this interpreter writes a form that is not known.',
    fix: 'Use a base with CPython 3.11 to 3.14, or `bytecode: false`.',
  }),
};

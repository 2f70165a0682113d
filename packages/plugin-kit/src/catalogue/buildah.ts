import { entry } from './entry.ts';

const INSTALL =
  'Install buildah 1.28 or newer with util-linux (Debian: apt-get install buildah uidmap).';

/** MLC85xx: the buildah backend. */
export const buildahErrors = {
  MLC8501: entry<{ steps: readonly string[]; missing: string }>({
    title: 'Run steps without buildah',
    message: (d) => `${d.steps.join(', ')}: buildah is needed, and ${d.missing}.`,
    why: 'Layers of packages and files need no builder, but a run step, a maintainer script and a compilation do.',
    fix: `${INSTALL} Or take the step out of the config; a build without steps never asks for buildah.`,
  }),
  MLC8502: entry<{ steps: readonly string[]; facts: readonly string[]; remedy: string }>({
    title: 'buildah does not work here',
    message: (d) =>
      `${d.steps.join(', ')}: buildah cannot run a step on this machine:\n${d.facts.join('\n')}`,
    why: 'A step needs root, or a user namespace with a range of subordinate ids, and the right to mount in it.',
    fix: (d) => d.remedy,
  }),
  MLC8503: entry<{ version: string; minimum: string; path: string }>({
    title: 'buildah too old',
    message: (d) => `${d.path} is buildah ${d.version}; at least ${d.minimum} is needed.`,
    why: 'Older releases lack options that make a step hermetic or its result reproducible.',
    fix: INSTALL,
  }),
  MLC8504: entry<{ step: string; command: string; exit: number; lines: readonly string[] }>({
    title: 'Run step failed',
    message: (d) => `${d.step}: ${d.command} ended with ${d.exit}:\n${d.lines.join('\n')}`,
    why: (d) =>
      d.exit === 127
        ? 'The build container has no such program.'
        : 'A step that fails leaves a root filesystem that nobody planned; nothing of it is kept.',
    fix: (d) =>
      d.exit === 127
        ? 'Name the package that brings the program: base: debian(suite, { packages: […] }).'
        : 'Its last lines above name the reason.',
  }),
  MLC8505: entry<{ step: string; command: string; exit: number; lines: readonly string[] }>({
    title: 'Run step wanted the network',
    message: (d) => `${d.step}: ${d.command} ended with ${d.exit}:\n${d.lines.join('\n')}`,
    why: 'Steps are hermetic: they see no network but their own loopback, so that the same inputs give the same layer.',
    fix: 'Bring the file as an input (requirements, packages, include). If it must be fetched in the step, declare it: run: [{ command, network: true, reason }]; its result is then pinned by the lock.',
  }),
  MLC8506: entry<{ phase: string; exit: number; detail: string }>({
    title: 'buildah failed',
    message: (d) => `buildah ${d.phase} ended with ${d.exit}: ${d.detail}`,
    why: 'This is not the step but the builder itself: no space, a limit of this machine, or a fault of buildah.',
    fix: 'Read its message; `mlcontainer doctor` shows what this machine allows.',
  }),
  MLC8507: entry<{ steps: readonly string[]; platform: string; host: string }>({
    title: 'Run step for another processor',
    message: (d) => `${d.steps.join(', ')}: a step for ${d.platform} cannot run on ${d.host}.`,
    why: 'A step executes programs of the image, and the kernel has no emulator registered for that architecture.',
    fix: 'Leave the platform out, build on such a machine, or register QEMU (Debian: qemu-user-static, binfmt-support).',
    exit: 2,
  }),
  MLC8509: entry<{ file: string; expected: string; actual: string }>({
    title: 'Compiled wheel differs',
    message: (d) => `${d.file} gave a wheel of sha256 ${d.actual}; the lock has ${d.expected}.`,
    why: 'Its build is not reproducible, or the build container is another one than before.',
    fix: 'Put the wheel into an index of your own, or make the lock anew with `mlcontainer lock --update`.',
  }),
  MLC8508: entry<{ names: readonly string[]; known: readonly string[] }>({
    title: 'Scripts of a package that is not asked for',
    message: (d) => `scripts names ${d.names.join(', ')}, and the image has no such package.`,
    why: 'Maintainer scripts run for packages that the config asks for, or that those depend on; a name that fits none is most likely a slip.',
    fix: (d) =>
      d.known.length === 0
        ? 'Add the package to packages.'
        : `Name one of ${d.known.join(', ')}, or add the package to packages.`,
    exit: 2,
  }),
} as const;

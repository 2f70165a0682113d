import { entry } from './entry.ts';

/** MLC7xxx: network, store, processes, disk. */
export const systemErrors = {
  MLC7001: entry<{ purpose: string; url: string; attempts: number; detail: string }>({
    title: 'No answer',
    message: (d) =>
      `${d.purpose}: no answer from ${d.url} after ${d.attempts} attempts (${d.detail}).`,
    why: 'The host was not reached, or it broke off every time.',
    fix: 'Check the address, the proxy settings (HTTPS_PROXY, NO_PROXY) and the CA file, then try again. With lock and store, --offline needs no network.',
    exit: 75,
  }),
  MLC7002: entry<{ purpose: string; url: string; status: number; detail: string }>({
    title: 'Refused by the server',
    message: (d) =>
      `${d.purpose}: ${d.url} answered ${d.status}${d.detail ? ` (${d.detail})` : ''}.`,
    why: 'The server understood the request and said no.',
    fix: (d) =>
      d.status === 401 || d.status === 403
        ? 'Give credentials for this host (netrc, URL user or the tool’s own configuration) and check their rights.'
        : 'Check that the address and the name are right for this server.',
  }),
  MLC7003: entry<{ name: string; expected: string; actual: string }>({
    title: 'Hash mismatch',
    message: (d) => `${d.name}: expected sha256 ${d.expected}, got ${d.actual}.`,
    why: 'The bytes are not those that the lock or the signed index names: the mirror, a proxy or the disk changed them.',
    fix: 'Do not use this source before you know why. If the artifact was replaced on purpose, run `mlcontainer lock --update`.',
  }),
  MLC7004: entry<{ name: string; expected: number; actual: number }>({
    title: 'Size mismatch',
    message: (d) => `${d.name}: expected ${d.expected} bytes, got ${d.actual}.`,
    why: 'The transfer was cut, or the file is another one.',
    fix: 'Try again; if it stays, compare the file at the source with the lock.',
  }),
  MLC7005: entry<{ url: string }>({
    title: 'Offline',
    message: (d) => `${d.url} is needed, but --offline forbids the network.`,
    why: 'The store does not hold this input yet.',
    fix: 'Run once without --offline, or carry the store over from a machine that has it.',
  }),
  MLC7010: entry<{ path: string; detail: string }>({
    title: 'Disk full',
    message: (d) => `Cannot write ${d.path}: ${d.detail}.`,
    why: 'The file system has no room (or the quota is used up).',
    fix: 'Free space, or set MLCONTAINER_CACHE_DIR to a folder on another file system. Nothing half-written was kept.',
  }),
  MLC7011: entry<{ path: string; detail: string }>({
    title: 'Cannot write',
    message: (d) => `Cannot write ${d.path}: ${d.detail}.`,
    why: 'The tool needs one writable folder for its store.',
    fix: 'Set MLCONTAINER_CACHE_DIR to a writable folder.',
  }),
  MLC7020: entry<{ command: string; detail: string }>({
    title: 'Program did not start',
    message: (d) => `${d.command} could not be started: ${d.detail}.`,
    why: 'The program is missing or may not be executed here.',
    fix: 'Install it or put it on PATH.',
  }),
  MLC7021: entry<{ command: string; exit: number; stderr: string }>({
    title: 'Program failed',
    message: (d) => `${d.command} ended with exit code ${d.exit}: ${d.stderr}`,
    why: 'A program that the build relies on reported a failure.',
    fix: 'Read its message above; the cause is there.',
  }),
};

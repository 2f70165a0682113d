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
  MLC7006: entry<{ purpose: string; host: string; allowed: readonly string[] }>({
    title: 'Host not allowed',
    message: (d) =>
      `${d.purpose}: ${d.host} is not on the list of allowed hosts (${d.allowed.join(', ')}).`,
    why: 'The build may only speak to the hosts that were allowed, and this one is not among them.',
    fix: 'Allow the host if it is meant; otherwise find out which index, mirror or redirect named it.',
  }),
  MLC7007: entry<{ purpose: string; url: string; location: string; reason: string }>({
    title: 'Redirect refused',
    message: (d) => `${d.purpose}: ${d.url} leads to ${d.location}; refused: ${d.reason}.`,
    why: 'What a server names, by a redirect or otherwise, may not lead from https to http, from a host to a more private network, or on and on.',
    fix: 'Configure the address that is really meant, or have the server corrected.',
  }),
  MLC7008: entry<{ purpose: string; url: string; detail: string }>({
    title: 'Certificate not trusted',
    message: (d) => `${d.purpose}: the certificate of ${d.url} is not trusted (${d.detail}).`,
    why: 'No CA certificate that is trusted here vouches for this server under this name.',
    fix: 'If your company inspects TLS, set NODE_EXTRA_CA_CERTS or SSL_CERT_FILE to its CA certificate (PEM). Verification cannot be switched off.',
  }),
  MLC7009: entry<{ purpose: string; url: string; proxy: string; status: number }>({
    title: 'Refused by the proxy',
    message: (d) =>
      `${d.purpose}: the proxy ${d.proxy} answered ${d.status} on the way to ${d.url}.`,
    why: (d) =>
      d.status === 407
        ? 'The proxy wants credentials of its own; the server behind it was not asked.'
        : 'The proxy did not open the way; the server behind it was not asked.',
    fix: 'Put the credentials into the proxy address (http://user:password@host:port), or name the host in NO_PROXY if it is reached directly.',
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
  MLC7012: entry<{ path: string; detail: string }>({
    title: 'Disk error',
    message: (d) => `The disk failed at ${d.path}: ${d.detail}.`,
    why: 'The system reported an error that is neither a full disk nor a missing right.',
    fix: 'Check the file system, and set MLCONTAINER_CACHE_DIR to a folder on another one. Nothing half-written was kept.',
  }),
  MLC7013: entry<{ name: string; limit: number }>({
    title: 'Too large',
    message: (d) => `${d.name} is larger than ${d.limit} bytes.`,
    why: 'Bytes from outside are read up to a limit, so that nobody can fill the disk with them.',
    fix: 'Check the source; a file of this kind is never that large.',
  }),
  MLC7015: entry<{ path: string; detail: string }>({
    title: 'CA file unusable',
    message: (d) => `The CA file ${d.path} cannot be used: ${d.detail}.`,
    why: 'It must be a readable file with certificates in PEM form.',
    fix: 'Correct the path or the file: the configuration, NODE_EXTRA_CA_CERTS or SSL_CERT_FILE names it.',
    exit: 2,
  }),
  MLC7016: entry<{ purpose: string; url: string; detail: string }>({
    title: 'Bad address',
    message: (d) => `${d.purpose}: ${d.url} is no usable address (${d.detail}).`,
    why: 'Only http:, https: and file: addresses can be fetched.',
    fix: 'Correct the address where it is configured: the config, the environment, or pip’s and uv’s own settings.',
    exit: 2,
  }),
  MLC7017: entry<{ purpose: string; url: string; detail: string }>({
    title: 'Changed during the transfer',
    message: (d) => `${d.purpose}: ${d.url} changed while it was read (${d.detail}).`,
    why: 'The transfer broke, and what the server now sends is not the file that it began with.',
    fix: 'Try again; the file at the source was replaced a moment ago.',
    exit: 75,
  }),
  MLC7018: entry<{ path: string; detail: string }>({
    title: 'Client certificate unusable',
    message: (d) => `${d.path} cannot be used as a client certificate: ${d.detail}.`,
    why: 'Mutual TLS needs a certificate and its own private key, both readable, in PEM form, the key without a passphrase.',
    fix: 'Correct the path or the file: the configuration or a certs.d folder names it.',
    exit: 2,
  }),
  MLC7019: entry<{ purpose: string; host: string }>({
    title: 'Name of a link-local address',
    message: (d) => `${d.purpose}: ${d.host} stands for a link-local or reserved address.`,
    why: 'Clouds serve the credentials of their machines at such addresses, and whoever owns a name decides where it leads.',
    fix: 'Find out why the name leads there. If that is meant, write the address itself.',
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
  MLC7022: entry<{ command: string; limit: number }>({
    title: 'Program printed too much',
    message: (d) => `${d.command} printed more than ${d.limit} bytes and was ended.`,
    why: 'Output that is kept in memory has a limit.',
    fix: 'Run the program by hand with the same arguments to see what it prints.',
  }),
};

import { entry } from './entry.ts';

const KEYS =
  'The keys that mlcontainer ships come from the package debian-archive-keyring; their fingerprints stand in the README of @mlcontainer/debian.';

/** MLC400x to MLC401x: the signed index. */
const archiveErrors = {
  MLC4001: entry<{ url: string; detail: string }>({
    title: 'Unsigned Debian release',
    message: (d) => `${d.url} is no signed release file (${d.detail}).`,
    why: 'Without a signature anyone between the archive and this machine could choose the packages.',
    fix: 'Use a mirror that serves InRelease as Debian signed it; captive portals and error pages are the usual cause.',
  }),
  MLC4002: entry<{ url: string; detail: string }>({
    title: 'Text outside the signature',
    message: (d) => `${d.url} holds text that no signature covers (${d.detail}).`,
    why: 'A reader that takes such text for signed can be made to install anything.',
    fix: 'Do not use this mirror before you know who changed the file.',
  }),
  MLC4003: entry<{ url: string; signers: readonly string[]; trusted: readonly string[] }>({
    title: 'Release signed by no trusted key',
    message: (d) =>
      `${d.url} is signed by ${d.signers.join(', ') || 'nobody'}, and none of these keys is trusted.`,
    why: (d) => `Trusted are: ${d.trusted.join(', ')}. ${KEYS}`,
    fix: 'Check the mirror. If it is signed by a key of your own, name the keyring in the config: debian(suite, { keyring }).',
  }),
  MLC4004: entry<{ url: string; signer: string; detail: string }>({
    title: 'Bad signature',
    message: (d) => `${d.url}: the signature of ${d.signer} does not hold (${d.detail}).`,
    why: 'The text was changed after it was signed, or the key or the hash algorithm may no longer be relied on.',
    fix: 'Try another mirror. Do not use this one before you know why.',
  }),
  MLC4005: entry<{ url: string; validUntil: string; now: string }>({
    title: 'Expired Debian release',
    message: (d) => `${d.url} was valid until ${d.validUntil}; now it is ${d.now}.`,
    why: 'An old release file, replayed, would hold back security updates.',
    fix: 'Check the clock and the mirror. For a frozen mirror on purpose, set MLCONTAINER_DEBIAN_ACCEPT_EXPIRED=1.',
  }),
  MLC4006: entry<{ url: string; date: string; now: string }>({
    title: 'Debian release from the future',
    message: (d) => `${d.url} is dated ${d.date}; now it is ${d.now}.`,
    why: 'Either the clock of this machine is wrong, and then no expiry can be checked, or the file is.',
    fix: 'Set the clock.',
  }),
  MLC4007: entry<{ url: string; expected: string; actual: string }>({
    title: 'Another suite than asked for',
    message: (d) => `${d.url} says it is ${d.actual}, not ${d.expected}.`,
    why: 'A validly signed file of another suite would bring packages that do not belong together.',
    fix: 'Check the mirror: it serves the wrong file under this name.',
  }),
  MLC4008: entry<{ url: string; file: string }>({
    title: 'No strong hash',
    message: (d) => `${d.url} names no SHA-256 of ${d.file}.`,
    why: 'MD5 and SHA-1 can be forged, so only SHA-256 is accepted.',
    fix: 'Use a mirror with a current release file, or make yours with SHA256 checksums.',
  }),
  MLC4009: entry<{ url: string; date: string; seen: string }>({
    title: 'Debian release rolled back',
    message: (d) => `${d.url} is dated ${d.date}, but this mirror served one of ${d.seen} before.`,
    why: 'An older release file than the last one seen would hold back security updates.',
    fix: 'Wait until the mirror has caught up, or use another. For a frozen mirror on purpose, set MLCONTAINER_DEBIAN_ACCEPT_EXPIRED=1.',
  }),
  MLC4010: entry<{ url: string; archive: string; status: number }>({
    title: 'Debian archive not found',
    message: (d) => `${d.url} answered ${d.status}; the ${d.archive} archive is not there.`,
    why: 'Leaving it out in silence would leave out updates, so a missing archive stops the build.',
    fix: 'Set MLCONTAINER_DEBIAN_MIRROR and MLCONTAINER_DEBIAN_SECURITY_MIRROR to the right base URLs. For an own repository without them, set MLCONTAINER_DEBIAN_SECURITY_MIRROR=none or MLCONTAINER_DEBIAN_UPDATES=none.',
  }),
  MLC4011: entry<{ url: string; detail: string }>({
    title: 'Malformed release file',
    message: (d) => `${d.url} is signed, but not as a release file must be (${d.detail}).`,
    why: 'What is not understood cannot be checked.',
    fix: 'Check the repository: Date, Suite or Codename, Architectures and SHA256 are required.',
  }),
  MLC4012: entry<{ where: string; line: number; detail: string }>({
    title: 'Malformed control data',
    message: (d) => `${d.where}, line ${d.line}: ${d.detail}.`,
    why: 'The file breaks the format of Debian control data (deb822).',
    fix: 'Fetch it again; if it stays, report it to whoever made the repository or the package.',
  }),
  MLC4013: entry<{ keyring: string; detail: string }>({
    title: 'Unreadable keyring',
    message: (d) => `${d.keyring} holds no OpenPGP public key (${d.detail}).`,
    why: 'Without a key no signature can be checked.',
    fix: 'Export the key with `gpg --export --armor`, or without `--armor`.',
    exit: 2,
  }),
  MLC4014: entry<{ url: string; source: string; detail: string }>({
    title: 'Bad mirror address',
    message: (d) => `${d.source} names the mirror ${d.url}, which cannot be used (${d.detail}).`,
    why: 'A mirror is the base URL of a Debian archive, the folder that holds dists/ and pool/.',
    fix: 'Write it with http:, https: or file:, without query and fragment.',
    exit: 2,
  }),
  MLC4015: entry<{ url: string; sha256: string }>({
    title: 'Package index gone',
    message: (d) =>
      `${d.url}, sha256 ${d.sha256}, is named by the release file, but the mirror does not hold it.`,
    why: 'The mirror is being updated, or incomplete.',
    fix: 'Try again in a few minutes, or use another mirror.',
    exit: 75,
  }),
  MLC4016: entry<{ timestamp: string }>({
    title: 'Bad snapshot timestamp',
    message: (d) => `${JSON.stringify(d.timestamp)} is no moment of the Debian snapshot service.`,
    why: 'A moment is written like 20261122T113103Z, in UTC.',
    fix: 'Correct it in the lock, or make the lock anew.',
    exit: 2,
  }),
  MLC4017: entry<Record<never, never>>({
    title: 'No Debian mirror',
    message: () => 'Debian packages are needed, and nothing names a mirror of Debian.',
    why: 'No host is built in: the mirror comes from the config, the environment, or apt’s sources on a machine that runs Debian.',
    fix: 'Set MLCONTAINER_DEBIAN_MIRROR, or `base.mirror` in the config, to the base URL of an archive; or MLCONTAINER_DEBIAN_SNAPSHOT to that of a snapshot service.',
    exit: 2,
  }),
};

/** MLC402x: resolution. */
const resolveErrors = {
  MLC4020: entry<{ name: string; suite: string; architecture: string; near: readonly string[] }>({
    title: 'Debian package not found',
    message: (d) => `${d.suite} has no package ${d.name} for ${d.architecture}.`,
    why: (d) =>
      d.near.length > 0
        ? `Near names: ${d.near.join(', ')}.`
        : 'The name stands in no index of main.',
    fix: 'Check the name; packages of contrib and non-free are not used.',
    exit: 2,
  }),
  MLC4021: entry<{ relation: string; chain: readonly string[]; detail: string }>({
    title: 'Debian dependency cannot be met',
    message: (d) => `${d.chain.join(' → ')} needs ${d.relation}: ${d.detail}.`,
    why: 'The package would not work without it.',
    fix: 'Leave the package out, or use a mirror whose archives belong together (suite, updates and security of one moment).',
  }),
  MLC4022: entry<{ left: string; right: string; relation: string }>({
    title: 'Debian packages in conflict',
    message: (d) => `${d.left} conflicts with ${d.right} (${d.relation}).`,
    why: 'Debian declares that the two cannot be installed together.',
    fix: 'Leave one of the two out.',
  }),
  MLC4023: entry<{ what: string; text: string }>({
    title: 'Malformed version or relation',
    message: (d) => `${JSON.stringify(d.text)} is no ${d.what} as Debian writes it.`,
    why: 'What is not understood cannot be compared.',
    fix: 'Report it to whoever made the package.',
  }),
  MLC4024: entry<{ deb: string; tried: readonly string[] }>({
    title: 'Debian package gone from the mirror',
    message: (d) => `${d.deb} is held by none of: ${d.tried.join(', ')}.`,
    why: 'Mirrors keep only the newest versions; the lock names an older one.',
    fix: 'Update the lock (`mlcontainer lock --update`), or let old versions come from a Debian snapshot service: set MLCONTAINER_DEBIAN_SNAPSHOT to its base URL.',
  }),
};

/** MLC403x to MLC406x: packages and layers. */
const packageErrors = {
  MLC4030: entry<{ deb: string; detail: string }>({
    title: 'Damaged Debian package',
    message: (d) => `${d.deb} is no Debian package (${d.detail}).`,
    why: 'A .deb is an ar archive of debian-binary, control.tar and data.tar, in this order (deb(5)).',
    fix: 'If its hash is right, report it to whoever made the package.',
  }),
  MLC4031: entry<{ deb: string; member: string }>({
    title: 'Unsupported compression',
    message: (d) =>
      `${d.deb}: the member ${d.member} is compressed in a way that is not read here.`,
    why: 'Read are xz, gzip, zstd and no compression.',
    fix: 'Repack it with `dpkg-deb -Zxz`.',
  }),
  MLC4032: entry<{ deb: string; field: string; expected: string; actual: string }>({
    title: 'Another package than locked',
    message: (d) => `${d.deb}: ${d.field} is ${d.actual}, the index said ${d.expected}.`,
    why: 'The index and the package contradict each other.',
    fix: 'Report it to whoever made the repository.',
  }),
  MLC4033: entry<{ name: string; detail: string }>({
    title: 'Damaged compressed data',
    message: (d) => `${d.name} cannot be decompressed (${d.detail}).`,
    why: 'The data is truncated, damaged, or compressed with features that are not read here.',
    fix: 'If its hash is right, report it to whoever made the package.',
  }),
  MLC4040: entry<{ path: string; first: string; second: string; detail: string }>({
    title: 'Two packages, one path',
    message: (d) => `${d.path} comes from ${d.first} and from ${d.second} (${d.detail}).`,
    why: 'A path has one owner; which file won would depend on the order.',
    fix: 'Leave one of the two packages out.',
  }),
  MLC4041: entry<{ deb: string; path: string; kind: string }>({
    title: 'Special file in a Debian package',
    message: (d) => `${d.deb}: ${d.path} is a ${d.kind}.`,
    why: 'Layers hold files, directories and links; anything else needs rights that an unprivileged container has not.',
    fix: 'Leave the package out.',
  }),
  MLC4042: entry<{ deb: string; path: string; detail: string }>({
    title: 'Package writes through a link',
    message: (d) => `${d.deb}: ${d.path} is refused (${d.detail}).`,
    why: 'Where it would land depends on who unpacks it.',
    fix: 'Leave the package out.',
  }),
  MLC4043: entry<{ deb: string; path: string; target: string }>({
    title: 'Hard link to nowhere',
    message: (d) =>
      `${d.deb}: ${d.path} is a hard link to ${d.target}, which is not before it in the package.`,
    why: 'A hard link in a layer must name a file that the same layer wrote before.',
    fix: 'Report it to whoever made the package.',
  }),
  MLC4050: entry<{ deb: string; script: string; lines: readonly string[] }>({
    title: 'Maintainer script not modelled',
    message: (d) =>
      `The ${d.script} of ${d.deb} does what laying files alone does not: ${d.lines.join(' ; ')}`,
    why: 'Maintainer scripts are never run. Those whose effect mlcontainer makes itself, or that need nothing in a container, are on a list; this one is not.',
    fix: (d) =>
      `Let the script run: base: debian(suite, { scripts: ['${d.deb}'] }), which needs buildah. Or leave the package out.`,
  }),
};

/** MLC4xxx. */
export const debianErrors = { ...archiveErrors, ...resolveErrors, ...packageErrors };

/**
 * Where a path of a package lands on a merged-usr root (Debian's usrmerge; FHS 3.0, 3.4 and 3.9): bookworm's
 * packages still ship `lib/…` and `bin/…`. `/var/run` and `/var/lock` are links to `/run` in the same way
 * (Debian Policy 9.1.4); base-files makes them in its postinst.
 */
export function placedPath(path: string): string {
  const merged = /^(?:bin|sbin|lib|lib32|lib64|libx32)(?=\/|$)/.test(path) ? `usr/${path}` : path;
  return merged.replace(/^var\/run(?=\/|$)/, 'run').replace(/^var\/lock(?=\/|$)/, 'run/lock');
}

/** Folders whose content helps people at a terminal, not a server. */
const TRIMMED_FOLDERS = [
  'usr/share/bash-completion',
  'usr/share/bug',
  'usr/share/doc-base',
  'usr/share/fish',
  'usr/share/gcc',
  'usr/share/gdb',
  'usr/share/help',
  'usr/share/info',
  'usr/share/lintian',
  'usr/share/linda',
  'usr/share/locale',
  'usr/share/man',
  'usr/share/menu',
  'usr/share/zsh',
  // Zones that count leap seconds, which no system clock does.
  'usr/share/zoneinfo/right',
];

/** Certificates are laid as one bundle, which is what OpenSSL reads. */
const CERTIFICATES = 'usr/share/ca-certificates';

/** Tests of Python itself: `test` and the modules that only it imports. */
const PYTHON_TESTS =
  /^usr\/lib\/python3\.\d+\/(?:test(?:\/|$)|lib-dynload\/(?:_test|_xxtest|_ctypes_test|xxlimited)[^/]*$)/;

/** The character sets that glibc itself counts as basic; Python brings codecs of its own. */
const BASIC_CHARSETS =
  /\/(?:gconv-modules|(?:ANSI_X3\.110|CP1252|ISO8859-15?|UNICODE|UTF-(?:7|16|32))\.so)$/;

/**
 * Whether a path is left out: manuals, translations, completions, debugger scripts, rare character sets of iconv,
 * Python's tests, and of `usr/share/doc` all but the copyright files, which licences and scanners need. The
 * package's md5sums still list what was left out, as with dpkg's own `path-exclude`.
 */
export function isTrimmed(path: string, type: string): boolean {
  if (TRIMMED_FOLDERS.some((folder) => isBelow(path, folder))) return true;
  if (isBelow(path, CERTIFICATES) || PYTHON_TESTS.test(path)) return true;
  if (/^usr\/lib\/[^/]+\/gconv\/./.test(path)) return !BASIC_CHARSETS.test(path);
  return isTrimmedDoc(path, type);
}

function isTrimmedDoc(path: string, type: string): boolean {
  const doc = /^usr\/share\/doc\/[^/]+(\/.+)?$/.exec(path);
  // The folder of a package may be a link to that of another one, whose copyright file then serves both.
  if (doc === null || doc[1] === undefined) return false;
  return doc[1] !== '/copyright' || type === 'directory';
}

/** Whether a path is a certificate that goes into the bundle. */
export function isCertificate(path: string): boolean {
  return path.startsWith(`${CERTIFICATES}/`) && path.endsWith('.crt');
}

function isBelow(path: string, folder: string): boolean {
  return path === folder || path.startsWith(`${folder}/`);
}

/** The path of the directory that a path stands in; `''` is the root. */
export function parentOf(path: string): string {
  return path.slice(0, Math.max(path.lastIndexOf('/'), 0));
}

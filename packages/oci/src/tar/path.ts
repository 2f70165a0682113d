import { mlcError } from '@mlcontainer/plugin-kit';

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Decodes a name; undefined when it is not UTF-8. */
export function decodeName(bytes: Uint8Array): string | undefined {
  try {
    return utf8.decode(bytes);
  } catch {
    return undefined;
  }
}

/**
 * A path of a foreign archive as entries have it: relative, without `.` and empty parts; the root itself is `''`.
 * Throws MLC6003 on an absolute path, on `..` and on NUL.
 */
export function normalisePath(path: string, archive: string): string {
  const fault = faultOf(path);
  if (fault !== undefined) throw mlcError('MLC6003', { archive, path, detail: fault });
  return path
    .split('/')
    .filter((part) => part !== '' && part !== '.')
    .join('/');
}

function faultOf(path: string): string | undefined {
  if (path === '') return 'empty';
  if (path.startsWith('/')) return 'absolute';
  if (path.includes('\0')) return 'NUL';
  if (path.split('/').includes('..')) return 'climbs with ..';
  return undefined;
}

/** The path of the directory that holds an entry; `''` for one at the top. */
export function parentOf(path: string): string {
  const slash = path.lastIndexOf('/');
  return slash < 0 ? '' : path.slice(0, slash);
}

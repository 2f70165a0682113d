import { constants } from 'node:os';

import { mlcError } from '@mlcontainer/plugin-kit';

const FULL: ReadonlySet<string> = new Set(['ENOSPC', 'EDQUOT', 'EFBIG']);
const FORBIDDEN: ReadonlySet<string> = new Set(['EROFS', 'EACCES', 'EPERM']);
/** Calls on an open file; their errors carry no path. */
const HANDLE_CALLS: ReadonlySet<string> = new Set([
  'write',
  'fsync',
  'fdatasync',
  'fchmod',
  'close',
  'ftruncate',
]);

/** The system's code of a file system error, where the value is one. */
export function errno(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  const { code, errno: number } = error as NodeJS.ErrnoException;
  // libuv has no name for a used-up quota.
  if (number === -constants.errno.EDQUOT) return 'EDQUOT';
  return typeof code === 'string' ? code : undefined;
}

/** Whether the file system forbids writing, so that another place may still do. */
export function isForbidden(error: unknown): boolean {
  return FORBIDDEN.has(errno(error) ?? '');
}

/**
 * A failed write below `root` as an error of the catalogue: MLC7010 full, MLC7011 forbidden, MLC7012 anything
 * else of the disk. Errors of a source or a builder that runs meanwhile stay as they are, but for a full disk.
 */
export function writeFault(error: unknown, root: string): unknown {
  const code = errno(error);
  if (code === undefined) return error;
  const { syscall, path } = error as NodeJS.ErrnoException;
  if (typeof syscall !== 'string') return error;
  const data = { path: path ?? root, detail: code };
  if (FULL.has(code)) return mlcError('MLC7010', data, { cause: error });
  const ours = path === undefined ? HANDLE_CALLS.has(syscall) : path.startsWith(root);
  if (!ours) return error;
  if (FORBIDDEN.has(code)) return mlcError('MLC7011', data, { cause: error });
  return mlcError('MLC7012', data, { cause: error });
}

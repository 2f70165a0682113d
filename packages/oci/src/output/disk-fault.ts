import { mlcError } from '@mlcontainer/plugin-kit';

const FULL: ReadonlySet<string> = new Set(['ENOSPC', 'EDQUOT', 'EFBIG']);
const DENIED: ReadonlySet<string> = new Set(['EACCES', 'EPERM', 'EROFS']);

/** Gives a failure of the file system its code: MLC7010 (no room), MLC7011 (not writable); others as they are. */
export function diskFault(error: unknown, path: string): unknown {
  if (!(error instanceof Error)) return error;
  const code = (error as NodeJS.ErrnoException).code ?? '';
  if (FULL.has(code)) return mlcError('MLC7010', { path, detail: code }, { cause: error });
  if (DENIED.has(code)) return mlcError('MLC7011', { path, detail: code }, { cause: error });
  return error;
}

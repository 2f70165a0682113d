import { open, rename, rm, type FileHandle } from 'node:fs/promises';
import path from 'node:path';
import { mlcError } from '@mlcontainer/plugin-kit';

/** Writes a file beside its place, flushes it and renames it: readers see the old file or the new one, never a part. */
export async function replaceFile(file: string, content: string | Uint8Array): Promise<void> {
  const temporary = path.join(path.dirname(file), `.${path.basename(file)}.${process.pid}.tmp`);
  let handle: FileHandle | undefined;
  try {
    handle = await open(temporary, 'w', 0o644);
    await handle.writeFile(content);
    await handle.sync();
    await handle.close();
    await rename(temporary, file);
  } catch (error) {
    await handle?.close().catch(() => undefined);
    await rm(temporary, { force: true });
    throw diskError(file, error);
  }
}

/** A failed write as an error of the catalogue; anything else as it is. */
export function diskError(file: string, error: unknown): unknown {
  const code = (error as NodeJS.ErrnoException).code ?? '';
  const detail = (error as Error).message;
  if (code === 'ENOSPC' || code === 'EDQUOT')
    return mlcError('MLC7010', { path: file, detail }, { cause: error });
  if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS') {
    return mlcError('MLC7011', { path: file, detail }, { cause: error });
  }
  return error;
}

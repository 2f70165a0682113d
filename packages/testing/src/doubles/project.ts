import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

/** A project folder of a test; `await using` removes it. */
export interface TempProject extends AsyncDisposable {
  /** Absolute path. */
  readonly root: string;
  /** Absolute path of a file in it. */
  path(name: string): string;
  write(name: string, content: string | Uint8Array): Promise<void>;
  remove(): Promise<void>;
}

/** A fresh folder with these files, by their paths in it. */
export async function tempProject(
  files: Readonly<Record<string, string | Uint8Array>> = {},
): Promise<TempProject> {
  const root = await mkdtemp(join(tmpdir(), 'mlc-project-'));
  const path = (name: string): string => join(root, name);
  const write = async (name: string, content: string | Uint8Array): Promise<void> => {
    await mkdir(dirname(path(name)), { recursive: true });
    await writeFile(path(name), content);
  };
  const remove = (): Promise<void> => rm(root, { recursive: true, force: true });
  for (const [name, content] of Object.entries(files)) await write(name, content);
  return { root, path, write, remove, [Symbol.asyncDispose]: remove };
}

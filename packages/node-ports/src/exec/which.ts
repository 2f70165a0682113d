import { constants } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import { delimiter, join, resolve, sep } from 'node:path';

import { variable, type Environment } from '../environment.ts';

/**
 * The path of a program: as POSIX finds it on PATH, or the name itself when it holds a slash. Undefined where
 * no executable file is there. An empty PATH element is skipped instead of meaning the working folder.
 */
export async function which(name: string, env: Environment): Promise<string | undefined> {
  if (name === '') return undefined;
  if (name.includes('/') || name.includes(sep)) {
    const path = resolve(name);
    return (await isProgram(path)) ? path : undefined;
  }
  for (const folder of (variable(env, 'PATH') ?? '').split(delimiter)) {
    if (folder === '') continue;
    const path = join(folder, name);
    if (await isProgram(path)) return path;
  }
  return undefined;
}

async function isProgram(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK);
    return (await stat(path)).isFile();
  } catch {
    return false;
  }
}

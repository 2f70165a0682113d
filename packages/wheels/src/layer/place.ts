import { dirname } from 'node:path/posix';
import { mlcError } from '@mlcontainer/plugin-kit';
import type { WheelFile } from '../wheel/layout.ts';
import { pathProblem } from '../zip/name.ts';

/** Where things lie in the image: paths without leading slash, `usr/local/lib/python3.11/site-packages`. */
export interface InstallPaths {
  /** The folder of importable modules, for purelib and platlib alike. */
  readonly site: string;
  /** The folder of scripts. */
  readonly bin: string;
  /** The folder of C headers; a wheel's go into a folder of its name below it. */
  readonly include: string;
  /** The prefix for `.data/data`; the parent of `bin` when left out. */
  readonly data?: string;
}

/** Checks the folders. Throws MLC5035. */
export function checkPaths(paths: InstallPaths): void {
  for (const option of ['site', 'bin', 'include', 'data'] as const) {
    const path = paths[option];
    const problem =
      path === undefined ? undefined : path.endsWith('/') ? 'ends with a slash' : pathProblem(path);
    if (problem)
      throw mlcError('MLC5035', {
        option: `${option} ${JSON.stringify(path)}`,
        detail: `it ${problem}`,
      });
  }
}

/** The path in the image of a wheel's file. */
export function placeFile(file: WheelFile, name: string, paths: InstallPaths): string {
  switch (file.scheme) {
    case 'site':
      return `${paths.site}/${file.path}`;
    case 'scripts':
      return `${paths.bin}/${file.path}`;
    case 'headers':
      return `${paths.include}/${name}/${file.path}`;
    case 'data':
      return join(paths.data ?? dirname(paths.bin), file.path);
  }
}

function join(folder: string, path: string): string {
  return folder === '.' ? path : `${folder}/${path}`;
}

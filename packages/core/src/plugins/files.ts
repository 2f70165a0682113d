import { readFile, realpath, stat } from 'node:fs/promises';
import path from 'node:path';
import { mlcError, type FileView } from '@mlcontainer/plugin-kit';

/** A path of the project as an absolute path; one that leaves the folder, by name or by link, is refused. */
export async function insideProject(root: string, relative: string): Promise<string> {
  const absolute = path.resolve(root, relative);
  refuseOutside(root, absolute, relative);
  const real = await realpath(absolute).catch(() => absolute);
  const realRoot = await realpath(root).catch(() => root);
  refuseOutside(realRoot, real, relative);
  return absolute;
}

/** What plugins see of the project folder. */
export function projectFiles(root: string, signal: AbortSignal): FileView {
  return {
    async exists(relative) {
      const file = await insideProject(root, relative);
      return (await stat(file).catch(() => undefined))?.isFile() ?? false;
    },
    async text(relative) {
      const file = await insideProject(root, relative);
      return readFile(file, { encoding: 'utf8', signal });
    },
  };
}

function refuseOutside(root: string, absolute: string, asked: string): void {
  const relative = path.relative(root, absolute);
  if (relative === '..' || relative.startsWith(`..${path.sep}`) || path.isAbsolute(relative)) {
    throw mlcError('MLC2109', { path: asked, detail: 'it leads out of the folder of the config' });
  }
}

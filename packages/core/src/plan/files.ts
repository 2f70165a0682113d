import { readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { mlcError, type PlannedFile, type PluginFile } from '@mlcontainer/plugin-kit';
import { sha256 } from '../json.ts';
import { insideProject } from '../plugins/files.ts';

/** Where things lie in the image; absolute paths. */
export interface ImagePaths {
  readonly site: string;
  readonly bin: string;
  readonly executable: string;
}

/** Folders of our own in the image. */
export const APP_FOLDER = '/opt/mlcontainer/app';
export const MODEL_FOLDER = '/opt/mlcontainer/model';
export const SERVER_CONFIG = '/opt/mlcontainer/server.json';

/** A text that the plan carries. */
export function inlineFile(imagePath: string, text: string, mode = 0o644): PlannedFile {
  const size = Buffer.byteLength(text);
  return { path: imagePath, mode, sha256: sha256(text), size, source: { kind: 'inline', text } };
}

/** A file of the project, by hash. `executable` bits are kept, nothing else of the mode. */
export async function projectFile(
  root: string,
  from: string,
  imagePath: string,
): Promise<PlannedFile> {
  const file = await insideProject(root, from);
  const info = await stat(file).catch(() => undefined);
  if (!info?.isFile()) throw mlcError('MLC2107', { path: from, used: imagePath });
  const bytes = await readFile(file);
  return {
    path: imagePath,
    mode: info.mode & 0o100 ? 0o755 : 0o644,
    sha256: sha256(bytes),
    size: bytes.length,
    source: { kind: 'project', from: toPosix(path.relative(root, file)) },
  };
}

/** A plugin's files, read and inlined; `{site}` is filled in, and no path leaves the image. */
export function freezePluginFiles(
  owner: string,
  files: readonly PluginFile[],
  paths: ImagePaths,
): Promise<PlannedFile[]> {
  return Promise.all(
    files.map(async (file) => {
      const imagePath = imagePathOf(owner, file.path, paths);
      const text =
        'text' in file.content ? file.content.text : await readPluginFile(owner, file.content.url);
      return inlineFile(imagePath, text, file.mode);
    }),
  );
}

function imagePathOf(owner: string, asked: string, paths: ImagePaths): string {
  const filled = asked.replace(/^\{site\}/, paths.site);
  if (!filled.startsWith('/') || path.posix.normalize(filled) !== filled) {
    const detail = `${owner} must give an absolute, normal path`;
    throw mlcError('MLC2109', { path: asked, detail });
  }
  return filled;
}

async function readPluginFile(owner: string, url: string): Promise<string> {
  if (!url.startsWith('file:')) {
    const detail = `the content of a file must be a text or a file: URL, not ${url}`;
    throw mlcError('MLC2012', { plugin: owner, hook: 'contribute', detail });
  }
  return readFile(fileURLToPath(url), 'utf8');
}

function toPosix(relative: string): string {
  return relative.split(path.sep).join('/');
}

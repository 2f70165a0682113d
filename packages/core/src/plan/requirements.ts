import { readFile } from 'node:fs/promises';
import { mlcError } from '@mlcontainer/plugin-kit';
import { insideProject } from '../plugins/files.ts';

/** The user's requirements as PEP 508 lines: the list itself, or the lines of a requirements file. */
export async function userRequirements(
  root: string,
  requirements: readonly string[] | string,
): Promise<readonly string[]> {
  if (typeof requirements !== 'string') return requirements;
  const file = await insideProject(root, requirements);
  const text = await readFile(file, 'utf8').catch(() => {
    throw mlcError('MLC2107', { path: requirements, used: 'requirements' });
  });
  return requirementLines(text, requirements);
}

/** Lines of a requirements file that are plain requirements; options of pip are refused by name, hashes dropped (the lock has its own). */
export function requirementLines(text: string, file: string): readonly string[] {
  const joined = text.replace(/\\\r?\n/g, ' ');
  const lines = joined.split(/\r?\n/).map((line) => line.replace(/(^|\s)#.*$/, '').trim());
  return lines.filter((line) => line !== '').map((line) => requirementOf(line, file));
}

function requirementOf(line: string, file: string): string {
  if (line.startsWith('-')) {
    throw mlcError('MLC2109', {
      path: file,
      detail: `"${line}" is an option of pip; put indexes into pip or uv configuration and other files into the list`,
    });
  }
  return line.replace(/\s+--hash=\S+/g, '').trim();
}

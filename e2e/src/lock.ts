import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Project } from './project.ts';

/** The text of a project's lock. */
export async function lockText(project: Project): Promise<string> {
  return await readFile(join(project.folder, 'mlcontainer.lock'), 'utf8');
}

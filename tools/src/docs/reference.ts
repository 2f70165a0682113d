import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ROOT } from '../task.ts';
import { readApi } from './api.ts';
import { cliPage } from './cli.ts';
import { configPage } from './config.ts';
import { errorsPage } from './errors.ts';
import type { Page } from './page.ts';
import { pluginApiPage } from './plugin-api.ts';

const FOLDER = join(ROOT, 'docs', 'reference');

/** All generated pages. */
export function referencePages(): Page[] {
  const api = readApi(['packages/plugin-kit']);
  return [cliPage(), configPage(api), errorsPage(), pluginApiPage(api)];
}

/** Writes the reference and removes pages that nothing generates any more. */
export async function writeReference(pages: readonly Page[]): Promise<void> {
  await mkdir(FOLDER, { recursive: true });
  for (const file of await readdir(FOLDER))
    if (!pages.some(({ path }) => path === file)) await rm(join(FOLDER, file));
  await Promise.all(pages.map(({ path, text }) => writeFile(join(FOLDER, path), text)));
}

/** The pages whose file differs from what would be generated, and files that nothing generates. */
export async function outdatedPages(pages: readonly Page[]): Promise<string[]> {
  const present = await readdir(FOLDER).catch(() => []);
  const stale = present.filter((file) => !pages.some(({ path }) => path === file));
  for (const { path, text } of pages)
    if ((await readFile(join(FOLDER, path), 'utf8').catch(() => '')) !== text) stale.push(path);
  return stale;
}

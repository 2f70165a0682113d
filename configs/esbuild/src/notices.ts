import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { Metafile } from 'esbuild';

const FILE = 'THIRD-PARTY-NOTICES.txt';

/**
 * Writes beside a bundle under which licences the packages came that are in it, whole, and what sources of ours carry
 * of others under a comment with `@license`, which the bundle drops. Gives what stands in the way: a package without a
 * licence file may not be given on.
 */
export async function writeNotices(
  folder: string,
  metafiles: readonly Metafile[],
): Promise<string[]> {
  // What a plugin made has no file: `namespace:name`.
  const used = [...new Set(metafiles.flatMap(usedInputs))]
    .filter((path) => !/^[\w-]+:/.test(path))
    .sort();
  const packages = thirdParties(used);
  const notices = await Promise.all(packages.map((path) => noticeOf(resolve(folder, path))));
  const carried = await Promise.all(
    used.filter((path) => !IN_PACKAGE.test(path)).map((path) => carriedBy(resolve(folder, path))),
  );
  const texts = [...carried.flat(), ...notices.map(({ text }) => text)].filter(
    (text) => text !== undefined,
  );
  if (texts.length > 0) await writeFile(join(folder, 'dist', FILE), `${texts.join(RULE)}\n`);
  return notices
    .filter(({ text }) => text === undefined)
    .map(({ name }) => `${name} goes into the bundle, and brings no licence file`);
}

const RULE = `\n\n${'-'.repeat(72)}\n\n`;

const IN_PACKAGE = /^.*node_modules\/(?:@[^/]+\/)?[^/]+/;

/** The sources of which something is in the outputs. */
function usedInputs({ outputs }: Metafile): string[] {
  return Object.values(outputs).flatMap(({ inputs }) =>
    Object.entries(inputs)
      .filter(([, { bytesInOutput }]) => bytesInOutput > 0)
      .map(([path]) => path),
  );
}

/** Folders of the packages among them. */
function thirdParties(used: readonly string[]): string[] {
  const folders = used.map((path) => IN_PACKAGE.exec(path)?.[0]);
  return [...new Set(folders.filter((path) => path !== undefined))].sort();
}

const LICENSE_COMMENT = /^\/\*!\n \* @license\n(?<text>(?: \*.*\n)+?) \*\//gm;

/** What a source says of the licences of what it carries. */
async function carriedBy(path: string): Promise<string[]> {
  const source = await readFile(path, 'utf8');
  return [...source.matchAll(LICENSE_COMMENT)].map(({ groups }) =>
    (groups?.['text'] ?? '').replace(/^ \* ?/gm, '').trim(),
  );
}

async function noticeOf(folder: string): Promise<{ name: string; text: string | undefined }> {
  const manifest = await readFile(join(folder, 'package.json'), 'utf8');
  const { name = folder, version, license } = JSON.parse(manifest) as Record<string, string>;
  const file = (await readdir(folder)).find((entry) => /^(?:licen[cs]e|copying)/i.test(entry));
  if (file === undefined) return { name, text: undefined };
  const text = await readFile(join(folder, file), 'utf8');
  return { name, text: `${name} ${version} (${license})\n\n${text.trim()}` };
}

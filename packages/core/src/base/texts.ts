import { createReadStream } from 'node:fs';
import { readFile } from 'node:fs/promises';

const OVERLAP = 256;

/** All matches of an expression in a file of any bytes, read as Latin-1 in pieces; a match is at most 256 bytes. */
export async function scanFile(file: string, expression: RegExp): Promise<readonly string[]> {
  const found = new Set<string>();
  let rest = '';
  for await (const chunk of createReadStream(file, { highWaterMark: 1 << 20 })) {
    const text = rest + (chunk as Buffer).toString('latin1');
    for (const [, value = ''] of text.matchAll(expression)) found.add(value);
    rest = text.slice(-OVERLAP);
  }
  return [...found];
}

/** Bytes of a small text at most. */
const TEXT_LIMIT = 1 << 20;

/** A small text file; empty where it is missing or no small file. */
export async function smallText(file: string): Promise<string> {
  const bytes = await readFile(file).catch(() => Buffer.alloc(0));
  return bytes.length > TEXT_LIMIT ? '' : bytes.toString('utf8');
}

/** The value of a key in lines of `key = value` or `KEY="value"` (pyvenv.cfg, os-release(5)). */
export function valueOf(text: string, key: string): string | undefined {
  for (const line of text.split('\n')) {
    const [, name, value = ''] = /^\s*([\w-]+)\s*=\s*(.*?)\s*$/.exec(line) ?? [];
    if (name === key) return value.replace(/^(["'])(.*)\1$/, '$2');
  }
  return undefined;
}

/** Versions of CPython, each as a text of its own in a program's data: `3.11.9`, also of a build from a repository. */
const VERSION = /(?<![\d.\w])(3\.\d{1,2}\.\d{1,2}(?:(?:a|b|rc)\d+)?)\+?(?=\0)/g;

/** The full version in a program or its library, of the given minor; undefined where there is none or several. */
export async function versionIn(file: string, minor: number): Promise<string | undefined> {
  const found = (await scanFile(file, VERSION)).filter((one) => one.startsWith(`3.${minor}.`));
  return found.length === 1 ? found[0] : undefined;
}

/** The version of the GNU C library: its banner, or else the newest symbol version that it defines. */
export async function glibcVersion(file: string): Promise<string | undefined> {
  const [banner] = await scanFile(file, /GNU C Library [^\0]{0,128}?version (2\.\d{1,3})\b/g);
  if (banner !== undefined) return banner;
  const minors = await scanFile(file, /\0GLIBC_2\.(\d{1,3})(?=[\0.])/g);
  return minors.length === 0 ? undefined : `2.${Math.max(...minors.map(Number))}`;
}

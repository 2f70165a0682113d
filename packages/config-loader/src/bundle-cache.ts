import { randomBytes } from 'node:crypto';
import { lstatSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ConfigBundle } from './bundle.ts';
import type { BundleTrail } from './bundle-plugin.ts';
import { areTrue, sha256, surroundings, witnessesOf, type Witness } from './witness.ts';

/** Raised when an entry would hold something else than before. */
const FORMAT = 1;

const OWN_FOLDER = dirname(fileURLToPath(import.meta.url));

/** How a bundle was made, apart from the files: whatever differs is another entry. */
export interface BundleQuestion {
  readonly file: string;
  /** What esbuild was told. */
  readonly options: object;
}

interface Entry {
  readonly witnesses: readonly Witness[];
  readonly bundle: Omit<ConfigBundle, 'notes'> & {
    readonly specifiers: readonly (readonly [string, string])[];
    readonly prefixes: readonly (readonly [string, number])[];
  };
}

/**
 * The bundle that an earlier run kept, where nothing that it came of has changed since. Undefined where there is none,
 * where it is damaged, and where somebody else might have written it.
 */
export function keptBundle(folder: string, question: BundleQuestion): ConfigBundle | undefined {
  const entry = readEntry(folder, question);
  if (entry === undefined || !areTrue(entry.witnesses)) return undefined;
  const { specifiers, prefixes, ...rest } = entry.bundle;
  return { ...rest, notes: { specifiers: new Map(specifiers), prefixes: new Map(prefixes) } };
}

/** Keeps a bundle, where all that decided it can be told. A folder that cannot be written keeps none. */
export function keepBundle(
  folder: string,
  question: BundleQuestion,
  bundle: ConfigBundle,
  trail: BundleTrail,
): void {
  const witnesses = witnessesOfAll(question.file, bundle.inputs, trail);
  if (witnesses === undefined) return;
  const { notes, ...rest } = bundle;
  const lists = { specifiers: [...notes.specifiers], prefixes: [...notes.prefixes] };
  const body = JSON.stringify({ witnesses, bundle: { ...rest, ...lists } } satisfies Entry);
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    if (isOurs(folder)) replace(join(folder, nameOf(question)), `${sha256(body)}\n${body}`);
  } catch {
    // The next run bundles again.
  }
}

function witnessesOfAll(
  config: string,
  inputs: readonly string[],
  { resolutions, texts }: BundleTrail,
): readonly Witness[] | undefined {
  const reached = new Set([config, ...resolutions.map(({ path }) => path)]);
  const folders = new Set([OWN_FOLDER, ...inputs.map((path) => dirname(path))]);
  const lists = [ofEsbuild(), ...resolutions.map(witnessesOf), ...[...folders].map(surroundings)];
  for (const path of inputs) {
    const text = texts.get(path);
    // JSON that esbuild read by itself, and files that a pattern of names led to.
    if (text === undefined || PATTERN.test(text) || !reached.has(path)) return undefined;
    lists.push([['content', path, sha256(text)]]);
  }
  return lists.every((list) => list !== undefined) ? distinct(lists.flat()) : undefined;
}

/** An import of what is not a plain string, which esbuild answers with whatever files fit. */
const PATTERN = /\b(?:import|require)\s*\((?!\s*(?:'[^']*'|"[^"]*")\s*[,)])/;

/** Each question once; where a file was written meanwhile, its two answers cannot both be true, which is a miss. */
function distinct(witnesses: readonly Witness[]): readonly Witness[] {
  return [...new Map(witnesses.map((each) => [JSON.stringify(each), each])).values()];
}

/** Another esbuild is another bundler. */
function ofEsbuild(): readonly Witness[] | undefined {
  const path = createRequire(import.meta.url).resolve('esbuild');
  return witnessesOf({ specifier: 'esbuild', from: OWN_FOLDER, path });
}

function nameOf({ file, options }: BundleQuestion): string {
  const { NODE_PATH, ESBUILD_BINARY_PATH } = process.env;
  return sha256(
    JSON.stringify([FORMAT, OWN_FOLDER, file, options, NODE_PATH, ESBUILD_BINARY_PATH]),
  );
}

function readEntry(folder: string, question: BundleQuestion): Entry | undefined {
  try {
    if (!isOurs(folder)) return undefined;
    const text = readFileSync(join(folder, nameOf(question)), 'utf8');
    const end = text.indexOf('\n');
    const body = text.slice(end + 1);
    return sha256(body) === text.slice(0, end) ? (JSON.parse(body) as Entry) : undefined;
  } catch {
    return undefined;
  }
}

/** What lies there is run: only a real folder of this user counts, which nobody else may write. */
function isOurs(folder: string): boolean {
  const stats = lstatSync(folder);
  const ours = process.getuid === undefined || stats.uid === process.getuid();
  return stats.isDirectory() && ours && (stats.mode & 0o022) === 0;
}

/** Not synced: an entry torn by a power cut fails its checksum, which is a miss. */
function replace(path: string, text: string): void {
  const temporary = `${path}.${randomBytes(6).toString('hex')}`;
  try {
    writeFileSync(temporary, text, { flag: 'wx', mode: 0o600 });
    renameSync(temporary, path);
  } finally {
    rmSync(temporary, { force: true });
  }
}

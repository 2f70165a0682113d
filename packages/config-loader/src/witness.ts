import { createHash } from 'node:crypto';
import { lstatSync, readdirSync, readFileSync, realpathSync } from 'node:fs';
import { basename, dirname, join, sep } from 'node:path';

/**
 * One thing that a bundle came of, as it was found: the hash of a file, where a path really leads, which files there
 * are of one name with whatever extension; and that nothing was there, where a search passed by.
 */
export type Witness = readonly [question: Question, path: string, answer: string];

type Question = 'content' | 'place' | 'siblings';

/** An import of a bundle, and the file that it led to; absolute paths. */
export interface Resolution {
  readonly specifier: string;
  /** The folder that it was looked for from. */
  readonly from: string;
  readonly path: string;
  /** It was found from this package's own folder, after it had not been from the importer's. */
  readonly own?: string;
}

const NOTHING = 'nothing';

/** Whether everything is as it was found. */
export function areTrue(witnesses: readonly Witness[]): boolean {
  return witnesses.every(([question, path, answer]) => ask(question, path) === answer);
}

/** Where it cannot be said, the answer equals no other. */
function ask(question: Question, path: string): string | undefined {
  try {
    if (question === 'siblings') return siblings(path);
    if (lstatSync(path, { throwIfNoEntry: false }) === undefined) return NOTHING;
    return question === 'content' ? sha256(readFileSync(path)) : realpathSync.native(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    return code === 'ENOENT' || code === 'ENOTDIR' ? NOTHING : undefined;
  }
}

function siblings(path: string): string {
  const stem = basename(path);
  const names = readdirSync(dirname(path)).filter(
    (name) => name === stem || name.startsWith(`${stem}.`),
  );
  return JSON.stringify(names.sort());
}

export function sha256(bytes: string | Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** The package.json files that say how a file is to be read, the nearest last, and what esbuild reads instead (Yarn PnP). */
export function surroundings(folder: string): readonly Witness[] {
  const above = ancestors(folder);
  const pnp = above.flatMap((each) => PNP.map((name) => witness('place', join(each, name))));
  const manifests: Witness[] = [];
  for (const each of above) {
    const manifest = witness('content', join(each, 'package.json'));
    manifests.push(manifest);
    if (manifest[2] !== NOTHING) break;
  }
  return [...pnp, ...manifests];
}

const PNP = ['.pnp.cjs', '.pnp.js', '.pnp.data.json'];

/**
 * What decided an import. Undefined where it cannot be told without esbuild: a package's file that its package.json
 * does not name word for word, a name of the project's own `imports`.
 */
export function witnessesOf(resolution: Resolution): readonly Witness[] | undefined {
  const { specifier, from, path, own } = resolution;
  if (/^(?:\.{1,2}(?:\/|$)|\/)/.test(specifier)) return local(join(from, specifier), path);
  if (!/^(?:@[\w.~-]+\/)?[\w~-]/.test(specifier)) return undefined;
  const first = inModules(specifier, from);
  if (own === undefined) return named(first.folder, path, first.passed);
  if (first.folder !== undefined) return undefined;
  const second = inModules(specifier, own);
  return named(second.folder, path, [...first.passed, ...second.passed]);
}

function local(asked: string, path: string): readonly Witness[] | undefined {
  if (dirname(path) !== dirname(asked)) return undefined;
  return [witness('siblings', asked), witness('place', path)];
}

/** The folder of a package as a search through `node_modules` finds it, and what the search saw on the way. */
function inModules(specifier: string, from: string): { folder?: string; passed: Witness[] } {
  const name = specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/');
  const passed: Witness[] = [];
  for (const folder of ancestors(from)) {
    const place = witness('place', join(folder, 'node_modules', name));
    passed.push(place);
    if (place[2] !== NOTHING) return { folder: place[2], passed };
  }
  return { passed };
}

function named(
  folder: string | undefined,
  path: string,
  passed: readonly Witness[],
): readonly Witness[] | undefined {
  if (folder === undefined) return undefined;
  const relative = path.slice(folder.length + 1);
  const manifest = join(folder, 'package.json');
  if (!path.startsWith(folder + sep) || !names(manifest, relative)) return undefined;
  return [...passed, witness('content', manifest), witness('place', path)];
}

function names(manifest: string, relative: string): boolean {
  try {
    const text = readFileSync(manifest, 'utf8');
    return [`"./${relative}"`, `"${relative}"`].some((word) => text.includes(word));
  } catch {
    return false;
  }
}

function witness(question: Question, path: string): Witness {
  return [question, path, ask(question, path) ?? ''];
}

function ancestors(folder: string): readonly string[] {
  const above = dirname(folder);
  return above === folder ? [folder] : [folder, ...ancestors(above)];
}

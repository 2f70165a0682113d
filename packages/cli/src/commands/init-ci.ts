import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { basename, dirname, join, relative, sep } from 'node:path';
import { mlcError } from '@mlcontainer/plugin-kit';
import { ciFiles } from '../ci/files.ts';
import { GITLAB_FILE, GITLAB_INCLUDED } from '../ci/gitlab.ts';
import { inProject, type CiFacts, type CiFile, type CiSystem } from '../ci/types.ts';

const PACKAGE_LOCK = 'package-lock.json';

/** The files for CI systems, and what is left for the user to do. */
export interface CiPlan {
  /** The folder that the paths are relative to: the repository. */
  readonly root: string;
  readonly files: readonly CiFile[];
  readonly hints: readonly string[];
}

/** Decides what to write; nothing is written yet. Throws MLC1110 for a file that is there, unless it may be replaced. */
export async function planCi(
  cwd: string,
  systems: readonly CiSystem[],
  options: { readonly force: boolean; readonly node: string },
): Promise<CiPlan> {
  const root = repositoryOf(cwd);
  const facts = await factsOf(cwd, root, options.node);
  const isTaken = !options.force && existsSync(join(root, GITLAB_FILE));
  const gitlabFile = isTaken ? GITLAB_INCLUDED : GITLAB_FILE;
  const files = [...new Set(systems)].flatMap((system) => ciFiles(system, facts, gitlabFile));
  const there = files.find(({ path }) => existsSync(join(root, path)));
  if (there !== undefined && !options.force) {
    throw mlcError('MLC1110', { path: join(root, there.path) });
  }
  return { root, files, hints: hintsFor(root, facts, files) };
}

/** Writes the files of a plan; gives their paths. */
export async function writeCi({ root, files }: CiPlan): Promise<readonly string[]> {
  for (const { path, text } of files) {
    const file = join(root, path);
    try {
      await mkdir(dirname(file), { recursive: true });
      await writeFile(file, text);
    } catch (cause) {
      const detail = cause instanceof Error ? cause.message : String(cause);
      throw mlcError('MLC7011', { path: file, detail }, { cause });
    }
  }
  return files.map(({ path }) => join(root, path));
}

/** The folder with `.git` (a file in worktrees), or the project where there is none. */
function repositoryOf(cwd: string): string {
  for (let folder = cwd; ; folder = dirname(folder)) {
    if (existsSync(join(folder, '.git'))) return folder;
    if (folder === dirname(folder)) return cwd;
  }
}

async function factsOf(cwd: string, root: string, node: string): Promise<CiFacts> {
  const folder = relative(root, cwd).split(sep).join('/');
  const named = (await packageJson(cwd))?.['name'];
  const image = imageName(typeof named === 'string' ? named : basename(cwd));
  return { folder, packageLock: packageLockOf(folder, root), node, image };
}

/** The nearest one upwards; the project's own where there is none yet. */
function packageLockOf(folder: string, root: string): string {
  const parts = folder === '' ? [] : folder.split('/');
  const paths = [...parts.keys(), parts.length]
    .reverse()
    .map((count) => [...parts.slice(0, count), PACKAGE_LOCK].join('/'));
  return paths.find((path) => existsSync(join(root, path))) ?? paths[0] ?? PACKAGE_LOCK;
}

async function packageJson(cwd: string): Promise<Readonly<Record<string, unknown>> | undefined> {
  try {
    return JSON.parse(await readFile(join(cwd, 'package.json'), 'utf8')) as Record<string, unknown>;
  } catch {
    // It is a hint for a name, and the hint below says what is missing.
    return undefined;
  }
}

/** A name that is one part of a repository and a name in Kubernetes: lower case, digits and single dashes. */
function imageName(name: string): string {
  const plain = name.replace(/^@[^/]*\//, '').toLowerCase();
  return plain.replace(/[^a-z0-9]+/g, '-').replace(/^-|-$/g, '') || 'model';
}

/** What has to be committed for CI, and what writes it. */
function hintsFor(root: string, facts: CiFacts, files: readonly CiFile[]): readonly string[] {
  const committed = [
    [facts.packageLock, 'npm install --save-dev mlcontainer'],
    [inProject(facts, 'mlcontainer.lock'), 'mlcontainer lock'],
  ] as const;
  const missing = committed.filter(([path]) => !existsSync(join(root, path)));
  const isIncluded = files.some(({ path }) => path === GITLAB_INCLUDED);
  return [
    ...missing.map(([name, command]) => `Commit ${name} for CI; \`${command}\` writes it.`),
    ...(isIncluded ? [`Add to ${GITLAB_FILE}: include: [{ local: ${GITLAB_INCLUDED} }]`] : []),
  ];
}

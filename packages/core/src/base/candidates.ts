import type { ConfigJson, ImageNode, ImageTree } from '@mlcontainer/oci';

/** A program of the base that may be its Python; paths absolute in the image. */
export interface Candidate {
  /** As it is found: `/usr/local/bin/python3`. */
  readonly executable: string;
  /** With links followed. */
  readonly binary: string;
  readonly node: ImageNode;
  /** The virtual environment that it stands in. */
  readonly venv?: string;
}

/** The absolute folders in a variable of the image's environment. */
export function envPath({ config }: ConfigJson, name: string): readonly string[] {
  const line = config?.Env?.find((one) => one.startsWith(`${name}=`)) ?? '';
  const folders = line.slice(name.length + 1).split(':');
  return folders.filter((folder) => folder.startsWith('/'));
}

/** Where programs are, the image's own PATH first; absolute. Folders that are not there are left out. */
export function searchFolders(tree: ImageTree, config: ConfigJson): readonly string[] {
  const below = (folder: string): string[] =>
    tree.list(folder).map((name) => `${folder}/${name}/bin`);
  const folders = [
    ...envPath(config, 'PATH'),
    ...['/usr/local/bin', '/usr/bin', '/bin', '/venv/bin', '/app/.venv/bin', '/app/venv/bin'],
    ...below('/opt'),
    ...below('/opt/conda/envs'),
    ...below('/usr/local'),
  ];
  const real = new Set<string>();
  return folders.filter((folder) => {
    const node = tree.find(folder);
    if (node?.type !== 'directory' || real.has(node.path)) return false;
    return real.add(node.path);
  });
}

/** The Pythons of a folder: what `python3` starts, then the others, the newest first. */
export function candidatesIn(tree: ImageTree, folder: string): readonly Candidate[] {
  const names = tree.list(folder);
  const numbered = names
    .flatMap((name) => {
      const minor = /^python3\.(\d+)t?$/.exec(name)?.[1];
      return minor === undefined ? [] : [{ name, minor: Number(minor) }];
    })
    .sort((a, b) => b.minor - a.minor)
    .map(({ name }) => name);
  const plain = ['python3', 'python'].filter((name) => names.includes(name));
  const found = [...plain, ...numbered].flatMap((name) => candidate(tree, folder, name) ?? []);
  const seen = new Set<string>();
  return found.filter(({ binary }) => !seen.has(binary) && seen.add(binary));
}

function candidate(tree: ImageTree, folder: string, name: string): Candidate | undefined {
  const node = tree.find(`${folder}/${name}`);
  if (node?.type !== 'file' || (node.mode & 0o111) === 0) return undefined;
  const venv = folder.slice(0, folder.lastIndexOf('/'));
  return {
    executable: explicit(tree, folder, name, node),
    binary: `/${node.path}`,
    node,
    ...(tree.find(`${venv}/pyvenv.cfg`)?.type === 'file' && { venv }),
  };
}

/** `python3.11` beside `python3`, where it is the same program: a name that says what it is. */
function explicit(tree: ImageTree, folder: string, name: string, node: ImageNode): string {
  const own = /^python3\.\d+$/.exec(node.path.slice(node.path.lastIndexOf('/') + 1))?.[0];
  const same = own !== undefined && tree.find(`${folder}/${own}`)?.path === node.path;
  return `${folder}/${same ? own : name}`;
}

/** A standard library, by the file that Python itself looks for. */
export interface StandardLibrary {
  readonly minor: number;
  /** `/usr/local` */
  readonly prefix: string;
  /** `/usr/local/lib/python3.11` */
  readonly folder: string;
  /** Threads without the global lock have an ABI of their own. */
  readonly freeThreaded: boolean;
}

/**
 * The standard libraries that belong to a program in that folder, the nearest first: the folder of `os.py` in the
 * `lib` or `lib64` beside it or further up (CPython, Modules/getpath.py, "search for prefix").
 */
export function standardLibraries(tree: ImageTree, folder: string): readonly StandardLibrary[] {
  const found: StandardLibrary[] = [];
  for (let prefix = folder; prefix !== ''; prefix = prefix.slice(0, prefix.lastIndexOf('/'))) {
    for (const lib of ['lib', 'lib64']) {
      for (const name of tree.list(`${prefix}/${lib}`)) {
        const [, minor, suffix] = /^python3\.(\d+)(t?)$/.exec(name) ?? [];
        const own = `${prefix}/${lib}/${name}`;
        const whole = tree.find(`${own}/os.py`) !== undefined && tree.find(`${own}/encodings`);
        if (minor === undefined || !whole) continue;
        const already = found.some((one) => tree.find(one.folder)?.path === tree.find(own)?.path);
        if (!already)
          found.push({ minor: Number(minor), prefix, folder: own, freeThreaded: suffix === 't' });
      }
    }
  }
  return found;
}

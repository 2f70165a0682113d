import type { WheelFile } from '../wheel/layout.ts';

const TEST_FOLDER = /^(.+?\/tests?)\//;

/** The outermost folder called `test` or `tests` inside a package; a top-level one is a package of its own. */
export function testFolderOf(file: WheelFile): string | undefined {
  return file.scheme === 'site' ? TEST_FOLDER.exec(file.path)?.[1] : undefined;
}

export function isPython(path: string): boolean {
  return path.endsWith('.py');
}

/**
 * What importing a module of a test folder takes: its file, those of the packages above it, and all below it, which
 * is much where it is a package. `rest` is the module's name below the folder, and empty for the folder itself.
 */
export function filesOfModule(
  folder: string,
  files: readonly WheelFile[],
  rest: string,
): readonly WheelFile[] {
  const wanted = rest.split('.').filter((part) => part !== '' && part !== '*');
  return files.filter(({ path }) => {
    const parts = partsOf(path.slice(folder.length + 1));
    if (wanted.every((part, at) => parts[at] === part)) return true;
    return isModule(path) && parts.every((part, at) => wanted[at] === part);
  });
}

/** `helper/__init__.py` → helper; `_x.cpython-311-x86_64-linux-gnu.so` → _x; data by its folders and its whole name. */
function partsOf(below: string): string[] {
  const parts = below.split('/');
  const name = parts.pop() ?? '';
  const module = isModule(name) ? (name.split('.')[0] ?? '') : name;
  return module === '__init__' ? parts : [...parts, module];
}

function isModule(path: string): boolean {
  return /\.(?:py|so|pyd)$/.test(path);
}

/** A part of a path between quotes and slashes; whether the quotes belong together is not asked. */
const NAME_IN_STRING = /["'/]([^"'/\n]+)(?=["'/])/g;

/** Files of a test folder that are no modules, and that a source may open: a string in it names them or a folder of theirs. */
export function namedData(files: readonly WheelFile[], source: string): readonly WheelFile[] {
  const data = files.filter(({ path }) => !isModule(path));
  if (data.length === 0) return [];
  const names = new Set([...source.matchAll(NAME_IN_STRING)].map(([, name]) => name));
  return data.filter((file) => {
    const folder = testFolderOf(file) ?? '';
    return file.path
      .slice(folder.length + 1)
      .split('/')
      .some((part) => names.has(part));
  });
}

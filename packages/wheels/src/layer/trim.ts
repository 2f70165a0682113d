import type { Wheel } from '../wheel/open.ts';
import type { WheelFile } from '../wheel/layout.ts';
import { importedModules } from './imports.ts';

/** Which files of a wheel are left out, and what that saves. */
export interface TrimPlan {
  /** Archive paths left out. */
  readonly left: ReadonlySet<string>;
  readonly report: TrimReport;
}

/** What was left out, for plan and report. */
export interface TrimReport {
  /** Files. */
  readonly count: number;
  /** Bytes, inflated. */
  readonly bytes: number;
  /** Bytes as they lie in the wheel. */
  readonly compressedBytes: number;
  /** `numpy/_core/tests`, sorted. */
  readonly folders: readonly string[];
  /** Test folders that stay because a module outside of tests imports them, sorted. */
  readonly kept: readonly string[];
}

export const NO_TRIM: TrimPlan = {
  left: new Set(),
  report: { count: 0, bytes: 0, compressedBytes: 0, folders: [], kept: [] },
};

const TEST_FOLDER = /^(.+?\/tests?)\//;

/** The outermost folder called `test` or `tests` inside a package; a top-level one is a package of its own. */
function testFolderOf(file: WheelFile): string | undefined {
  return file.scheme === 'site' ? TEST_FOLDER.exec(file.path)?.[1] : undefined;
}

/**
 * Decides which test folders of packages are left out. A folder named `tests` or `test` inside a package goes, with
 * all it holds, unless a module of the wheel that stays imports it or something in it (`tensorflow._api.v2.test` is
 * part of the interface, `numpy.testing` is no test folder at all). `conftest.py` does not count: only pytest loads
 * it. Nothing else is ever left out. The decision depends on the wheel alone.
 */
export function planTrim(wheel: Wheel): TrimPlan {
  const groups = new Map<string, WheelFile[]>();
  const kept: WheelFile[] = [];
  for (const file of wheel.files) {
    const folder = testFolderOf(file);
    if (folder === undefined) kept.push(file);
    else groups.set(folder, [...(groups.get(folder) ?? []), file]);
  }
  const needed = keepImported(wheel, kept, groups);
  const left = [...groups.values()].flat();
  return {
    left: new Set(left.map((file) => file.member.name)),
    report: {
      count: left.length,
      bytes: left.reduce((sum, file) => sum + file.member.size, 0),
      compressedBytes: left.reduce((sum, file) => sum + file.member.compressedSize, 0),
      folders: [...groups.keys()].sort(),
      kept: needed.sort(),
    },
  };
}

/** Moves folders that are imported out of `groups`; their modules are then asked too, until nothing changes. */
function keepImported(
  wheel: Wheel,
  start: readonly WheelFile[],
  groups: Map<string, WheelFile[]>,
): string[] {
  const modules = new Map(
    [...groups.keys()].map((folder) => [folder.replaceAll('/', '.'), folder]),
  );
  const needed: string[] = [];
  const queue = [...start];
  for (let file = queue.pop(); file && groups.size > 0; file = queue.pop()) {
    for (const folder of foldersImportedBy(wheel, file, modules)) {
      const files = groups.get(folder);
      if (!files) continue;
      groups.delete(folder);
      needed.push(folder);
      queue.push(...files);
    }
  }
  return needed;
}

function foldersImportedBy(
  wheel: Wheel,
  file: WheelFile,
  modules: ReadonlyMap<string, string>,
): string[] {
  if (file.scheme !== 'site' || !file.path.endsWith('.py') || file.path.endsWith('/conftest.py'))
    return [];
  const { buffer, byteOffset, byteLength } = wheel.zip.read(file.member);
  const bytes = Buffer.from(buffer, byteOffset, byteLength);
  // Looked for in the bytes first: most modules never say it, and need not become text.
  if (!bytes.includes('test')) return [];
  const source = bytes.toString('latin1');
  if (!/\btests?\b/.test(source)) return [];
  return importedModules(file.path, source).flatMap((name) => {
    const folder = folderOfModule(name, modules);
    return folder === undefined ? [] : [folder];
  });
}

function folderOfModule(name: string, modules: ReadonlyMap<string, string>): string | undefined {
  const match = /^(.+?\.tests?)(?:\.|$)/.exec(name);
  return match?.[1] === undefined ? undefined : modules.get(match[1]);
}

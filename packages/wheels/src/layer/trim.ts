import type { Wheel } from '../wheel/open.ts';
import type { WheelFile } from '../wheel/layout.ts';
import { importedModules } from './imports.ts';
import { mayImportTests } from './mentions.ts';
import { filesOfModule, isPython, namedData, testFolderOf } from './test-folder.ts';

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
  /** Test folders of which something is left out, sorted: `numpy/_core/tests`. */
  readonly folders: readonly string[];
  /** Test folders of which something stays because a module outside of tests imports it, sorted. */
  readonly kept: readonly string[];
}

export const NO_TRIM: TrimPlan = {
  left: new Set(),
  report: { count: 0, bytes: 0, compressedBytes: 0, folders: [], kept: [] },
};

/**
 * Decides what of the test folders of packages is left out. A folder named `tests` or `test` inside a package goes,
 * except what the modules of the wheel that stay import of it: the modules that they name, the packages above those,
 * what these import in their turn, and the data that they name. One that is imported by its own name stays whole
 * (`tensorflow._api.v2.test` is part of the interface, `numpy.testing` is no test folder at all). `conftest.py` does
 * not count: only pytest loads it. Nothing else is ever left out. The decision depends on the wheel alone.
 */
export function planTrim(wheel: Wheel): TrimPlan {
  const folders = new Map<string, WheelFile[]>();
  const others: WheelFile[] = [];
  for (const file of wheel.files) {
    const folder = testFolderOf(file);
    if (folder === undefined) others.push(file);
    else folders.set(folder, [...(folders.get(folder) ?? []), file]);
  }
  const kept = keepImported(wheel, others, folders);
  const left = [...folders.values()].flat().filter((file) => !kept.has(file));
  const having = (wanted: (file: WheelFile) => boolean): string[] =>
    [...folders].flatMap(([folder, files]) => (files.some(wanted) ? [folder] : [])).sort();
  return {
    left: new Set(left.map((file) => file.member.name)),
    report: {
      count: left.length,
      bytes: left.reduce((sum, file) => sum + file.member.size, 0),
      compressedBytes: left.reduce((sum, file) => sum + file.member.compressedSize, 0),
      folders: having((file) => !kept.has(file)),
      kept: having((file) => kept.has(file)),
    },
  };
}

/** What of the folders is imported; the modules among it are asked too, until nothing changes. */
function keepImported(
  wheel: Wheel,
  start: readonly WheelFile[],
  folders: ReadonlyMap<string, readonly WheelFile[]>,
): ReadonlySet<WheelFile> {
  const modules = new Map(
    [...folders.keys()].map((folder) => [folder.replaceAll('/', '.'), folder]),
  );
  const kept = new Set<WheelFile>();
  const queue = folders.size === 0 ? [] : [...start];
  for (let file = queue.pop(); file; file = queue.pop()) {
    for (const needed of neededBy(wheel, file, folders, modules)) {
      if (kept.has(needed)) continue;
      kept.add(needed);
      queue.push(needed);
    }
  }
  return kept;
}

function neededBy(
  wheel: Wheel,
  file: WheelFile,
  folders: ReadonlyMap<string, readonly WheelFile[]>,
  modules: ReadonlyMap<string, string>,
): readonly WheelFile[] {
  if (file.scheme !== 'site' || !isPython(file.path) || file.path.endsWith('/conftest.py'))
    return [];
  const { buffer, byteOffset, byteLength } = wheel.zip.read(file.member);
  const bytes = Buffer.from(buffer, byteOffset, byteLength);
  const own = folders.get(testFolderOf(file) ?? '') ?? [];
  // A test reaches those near it without their folder's name.
  const isTest = own.length > 0;
  // Looked for in the bytes first: most modules never say it, and need not become text.
  if (!isTest && !bytes.includes('test')) return [];
  const source = bytes.toString('latin1');
  if (!isTest && !mayImportTests(source)) return [];
  const imported = importedModules(file.path, source).flatMap((name) => {
    const [, module = '', rest = ''] = /^(.+?\.tests?)(?:\.(.*))?$/.exec(name) ?? [];
    const folder = modules.get(module) ?? '';
    return filesOfModule(folder, folders.get(folder) ?? [], rest);
  });
  return [...namedData(own, source), ...imported];
}

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { placeFile, type InstallPaths } from '../layer/place.ts';
import { NO_TRIM, planTrim, type TrimPlan } from '../layer/trim.ts';
import { openWheel, type Wheel } from '../wheel/open.ts';
import { readChecked } from '../wheel/verify.ts';
import {
  compileSources,
  type CompileContext,
  type CompiledFile,
  type CompileOptions,
  type Interpreter,
  type SourceFile,
} from './compile.ts';

/** An open wheel or the path of one, laid as `wheelLayerEntries` lays it. */
export interface WheelSource extends InstallPaths {
  readonly wheel: Wheel | string;
  readonly trim: boolean | TrimPlan;
}

/** Files of a folder on this machine: image path (without leading slash) to path below `folder`. */
export interface FolderSource {
  readonly folder: string;
  readonly files: ReadonlyMap<string, string>;
}

/**
 * Compiles the `.py` files of a wheel's site-packages, or of a folder, in the order of their image paths; see
 * `compileSources` for form, determinism and errors.
 */
export async function* compileBytecode(
  source: WheelSource | FolderSource,
  interpreter: Interpreter,
  options: CompileOptions,
  cx: CompileContext,
): AsyncGenerator<CompiledFile, void, undefined> {
  if ('folder' in source) {
    yield* compileSources(folderFiles(source), interpreter, options, cx);
    return;
  }
  const wheel = typeof source.wheel === 'string' ? await openWheel(source.wheel) : source.wheel;
  try {
    yield* compileSources(wheelFiles(wheel, source), interpreter, options, cx);
  } finally {
    if (typeof source.wheel === 'string') wheel.close();
  }
}

function wheelFiles(wheel: Wheel, source: WheelSource): SourceFile[] {
  const plan =
    typeof source.trim === 'object' ? source.trim : source.trim ? planTrim(wheel) : NO_TRIM;
  return wheel.files
    .filter(
      (file) => file.scheme === 'site' && isSource(file.path) && !plan.left.has(file.member.name),
    )
    .map((file) => ({
      path: placeFile(file, wheel.name, source),
      read: () => readChecked(wheel, file),
    }))
    .sort(byPath);
}

function folderFiles(source: FolderSource): SourceFile[] {
  return [...source.files]
    .filter(([path]) => isSource(path))
    .map(([path, from]) => ({ path, read: () => readFile(join(source.folder, from)) }))
    .sort(byPath);
}

function isSource(path: string): boolean {
  return path.endsWith('.py');
}

function byPath(a: SourceFile, b: SourceFile): number {
  return a.path < b.path ? -1 : a.path > b.path ? 1 : 0;
}

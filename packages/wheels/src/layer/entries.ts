import type { Content, Entry } from '@mlcontainer/oci';
import { wheelFault } from '../wheel/fault.ts';
import type { WheelFile } from '../wheel/layout.ts';
import type { Wheel } from '../wheel/open.ts';
import { readChecked, streamChecked } from '../wheel/verify.ts';
import { type BytecodeFile, startBytecode } from './bytecode.ts';
import { checkPaths, type InstallPaths, placeFile } from './place.ts';
import { formatRecord, hashedRow, type RecordRow, rowOf } from './record.ts';
import { checkExecutable, entryPointScript, hasPythonShebang, rewriteShebang } from './scripts.ts';
import { NO_TRIM, planTrim, type TrimPlan } from './trim.ts';

/** How a wheel is laid. */
export interface LayerOptions extends InstallPaths {
  /** Absolute path of the interpreter in the image, for shebang lines: `/usr/bin/python3.11`. */
  readonly executable: string;
  /** Leave test folders out; a plan of `planTrim` spares deciding twice. */
  readonly trim: boolean | TrimPlan;
  /** Bytecode to lay beside the sources, by image path. */
  readonly bytecode?: ReadonlyMap<string, Uint8Array> | AsyncIterable<BytecodeFile>;
}

/** A script or file that is not in the wheel as it is laid. */
interface Made {
  readonly path: string;
  readonly mode: number;
  readonly bytes: Uint8Array;
}

const INSTALLER = Buffer.from('mlcontainer\n');

/**
 * The entries of a wheel's layer, parents first: its files in archive order (deflated members as `DeflatedContent`
 * with CRC-32 and RECORD hash, so that they are spliced and checked in one pass), the scripts of its entry points,
 * INSTALLER, the bytecode as it comes, and last the RECORD of what was laid. The bytes depend on the wheel, the
 * options and the bytecode alone. Keep the wheel open until the entries are written. Throws MLC5031, MLC5032, MLC5035.
 */
export async function* wheelLayerEntries(
  wheel: Wheel,
  options: LayerOptions,
): AsyncGenerator<Entry, void, undefined> {
  checkPaths(options);
  checkExecutable(options.executable);
  const bytecode = startBytecode(options.bytecode);
  try {
    yield* allEntries(wheel, options, bytecode.files);
  } finally {
    await bytecode.stop();
  }
}

async function* allEntries(
  wheel: Wheel,
  options: LayerOptions,
  bytecode: AsyncIterable<BytecodeFile>,
): AsyncGenerator<Entry, void, undefined> {
  const rows: RecordRow[] = [];
  const parents = parentTracker();
  const emit = function* (entry: Entry) {
    if (!parents.add(entry.path)) {
      throw wheelFault(wheel.file, 'conflict', `${entry.path} would be laid twice`);
    }
    yield* parents.of(entry.path);
    yield entry;
  };
  for (const [path, file] of placedFiles(wheel, options)) {
    const { entry, row } = fileEntry(wheel, file, path, options.executable);
    rows.push(row);
    yield* emit(entry);
  }
  for (const made of madeFiles(wheel, options)) {
    rows.push(rowOf(made.path, made.bytes));
    yield* emit(madeEntry(made));
  }
  for await (const { path, bytes } of bytecode) {
    rows.push({ path, hash: '', size: '' });
    yield* emit(madeEntry({ path, mode: 0o644, bytes }));
  }
  const path = `${options.site}/${wheel.distInfo}/RECORD`;
  rows.push({ path, hash: '', size: '' });
  yield* emit(madeEntry({ path, mode: 0o644, bytes: formatRecord(options.site, rows) }));
}

/** Image paths and files, after trimming; a script of the same name as an entry point gives way to it, as in pip. */
function placedFiles(wheel: Wheel, options: LayerOptions): Map<string, WheelFile> {
  const plan =
    typeof options.trim === 'object' ? options.trim : options.trim ? planTrim(wheel) : NO_TRIM;
  const points = new Set(wheel.entryPoints.map((point) => point.name));
  const placed = new Map<string, WheelFile>();
  for (const file of wheel.files) {
    if (plan.left.has(file.member.name) || isReplaced(wheel, file, points)) continue;
    const path = placeFile(file, wheel.name, options);
    if (placed.has(path)) throw wheelFault(wheel.file, 'conflict', `${path} would be laid twice`);
    placed.set(path, file);
  }
  return placed;
}

/** What we write ourselves: INSTALLER, and nothing that says how or by whom it was asked for. */
function isReplaced(wheel: Wheel, file: WheelFile, points: ReadonlySet<string>): boolean {
  if (file.scheme === 'scripts') return points.has(file.path);
  return ['INSTALLER', 'REQUESTED', 'direct_url.json'].some(
    (name) => file.scheme === 'site' && file.path === `${wheel.distInfo}/${name}`,
  );
}

function* madeFiles(wheel: Wheel, options: LayerOptions): Generator<Made> {
  for (const point of wheel.entryPoints) {
    const bytes = Buffer.from(entryPointScript(point, options.executable));
    yield { path: `${options.bin}/${point.name}`, mode: 0o755, bytes };
  }
  yield { path: `${options.site}/${wheel.distInfo}/INSTALLER`, mode: 0o644, bytes: INSTALLER };
}

function madeEntry({ path, mode, bytes }: Made): Entry {
  return { type: 'file', path, mode, content: { kind: 'bytes', bytes } };
}

function fileEntry(
  wheel: Wheel,
  file: WheelFile,
  path: string,
  executable: string,
): { entry: Entry; row: RecordRow } {
  if (file.scheme === 'scripts' && hasPythonShebang(wheel.zip, file.member)) {
    const bytes = rewriteShebang(readChecked(wheel, file), executable);
    return { entry: madeEntry({ path, mode: 0o755, bytes }), row: rowOf(path, bytes) };
  }
  const runs = file.scheme === 'scripts' || (file.member.mode & 0o111) !== 0;
  return {
    entry: { type: 'file', path, mode: runs ? 0o755 : 0o644, content: contentOf(wheel, file) },
    row: hashedRow(path, file.hash.algorithm, file.hash.digest, file.member.size),
  };
}

/** Deflated members are handed on as they are; the layer writer checks them. Anything else is checked by its stream. */
function contentOf(wheel: Wheel, file: WheelFile): Content {
  const { member, hash } = file;
  if (member.method === 8 && hash.algorithm === 'sha256' && member.size > 0) {
    return {
      kind: 'deflated',
      size: member.size,
      crc32: member.crc32,
      sha256: hash.digest,
      deflatedSize: member.compressedSize,
      open: () => wheel.zip.raw(member),
    };
  }
  if (member.size === 0) return { kind: 'bytes', bytes: readChecked(wheel, file) };
  return { kind: 'stream', size: member.size, open: () => streamChecked(wheel, file) };
}

/** Directory entries for parents, each once, before what lies in it. */
function parentTracker() {
  const seen = new Set<string>();
  return {
    add: (path: string) => !seen.has(path) && Boolean(seen.add(path)),
    *of(path: string): Generator<Entry> {
      for (let at = path.indexOf('/'); at >= 0; at = path.indexOf('/', at + 1)) {
        const parent = path.slice(0, at);
        if (seen.has(parent)) continue;
        seen.add(parent);
        yield { type: 'directory', path: parent, mode: 0o755 };
      }
    },
  };
}

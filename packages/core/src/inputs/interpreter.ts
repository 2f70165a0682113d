import {
  interpreterCommand,
  isOfCompiler,
  unpackCompiler,
  unpackInterpreter,
  type DebianLock,
  type LockedDeb,
  type MirrorSettings,
} from '@mlcontainer/debian';
import { mlcError, type Architecture } from '@mlcontainer/plugin-kit';
import type { EngineContext } from '../context.ts';
import { jsonDigest } from '../json.ts';
import { LAYOUT_VERSION } from '../layers/recipe.ts';
import type { Scratch } from '../layers/scratch.ts';
import { fetchDebs, type FetchedDeb } from './debian.ts';

/** The image's own Python, run on this machine through its own loader. */
export interface Interpreter {
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** The folder it was unpacked into. */
  readonly folder: string;
}

/** The architecture of this machine by its Debian and OCI name; undefined where no Debian interpreter can run. */
export function hostArchitecture(): Architecture | undefined {
  if (process.platform !== 'linux') return undefined;
  if (process.arch === 'x64') return 'amd64';
  return process.arch === 'arm64' ? 'arm64' : undefined;
}

/** The lock's entry for this machine's architecture, among the plan's platforms or the tools. */
export function hostDebianLock(
  debian: readonly DebianLock[],
  tools: readonly DebianLock[],
): DebianLock {
  const architecture = hostArchitecture();
  const found = [...debian, ...tools].find((lock) => lock.architecture === architecture);
  if (found !== undefined) return found;
  const detail = `no interpreter for ${process.platform}/${process.arch}; set bytecode: false, or build on Linux`;
  throw mlcError('MLC2106', { kind: 'bytecode on this machine', detail });
}

/** Names bytes of bytecode: the upstream interpreter, equal on every architecture of one Debian version. */
export function bytecodeId(lock: DebianLock): string {
  const minimal = lock.packages.find((deb) => /^python3\.\d+-minimal$/.test(deb.name));
  return `${minimal?.name ?? 'python'}=${minimal?.version ?? 'unknown'}`;
}

/** The interpreter with its whole standard library, unpacked once per set of .debs and kept in the store. */
export async function haveInterpreter(
  cx: EngineContext,
  lock: DebianLock,
  mirrors: MirrorSettings,
): Promise<Interpreter> {
  const debs = lock.packages.filter((deb) => deb.group !== 'extra');
  const fetch = () => fetchDebs(cx, lock, debs, mirrors);
  return unpacked(cx, { lock, debs, fetch, kind: 'interpreter', unpack: unpackInterpreter });
}

/** Gets .debs of a lock. */
export type FetchDebs = (
  lock: DebianLock,
  debs: readonly LockedDeb[],
) => Promise<readonly FetchedDeb[]>;

/** How the compiler's packages are had, and where what is decompressed of them is kept. */
export interface CompilerMeans {
  readonly fetch: FetchDebs;
  readonly scratch: Pick<Scratch, 'keeper'>;
}

/** The part of the interpreter that compiles bytecode, kept in the same way: a few files, and soon there. */
export async function haveCompiler(
  cx: EngineContext,
  lock: DebianLock,
  means: CompilerMeans,
): Promise<Interpreter> {
  const debs = lock.packages.filter((deb) => isOfCompiler(deb.name));
  const fetch = () => means.fetch(lock, debs);
  const unpack: typeof unpackCompiler = async (fetched, folder, { signal }) =>
    unpackCompiler(fetched, folder, { signal, keeper: await means.scratch.keeper() });
  return unpacked(cx, { lock, debs, fetch, kind: 'compiler', unpack });
}

interface Unpacking {
  readonly lock: DebianLock;
  readonly debs: readonly LockedDeb[];
  readonly fetch: () => Promise<readonly FetchedDeb[]>;
  readonly kind: 'interpreter' | 'compiler';
  readonly unpack: typeof unpackInterpreter;
}

async function unpacked(cx: EngineContext, work: Unpacking): Promise<Interpreter> {
  const { lock, kind } = work;
  const debs = work.debs.map((deb) => deb.sha256).sort();
  const key = jsonDigest({ layout: LAYOUT_VERSION, debs });
  const folder = await cx.ports.store.folder(kind, key, async (target) => {
    await work.unpack(await work.fetch(), target, { signal: cx.signal });
  });
  return { folder, ...interpreterCommand(folder, lock.suite, lock.architecture) };
}

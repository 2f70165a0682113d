import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { storeRoot } from './code-cache.ts';

/** What the process is told to do, as far as this decision needs it. */
export interface LeanProcess {
  readonly platform: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly argv: readonly string[];
  readonly execArgv: readonly string[];
  readonly versions: { readonly node: string };
}

/** A program to become: `execve(2)` without the file. */
export interface LeanStart {
  readonly args: readonly string[];
  readonly env: Record<string, string>;
}

const MARK = 'MLCONTAINER_LEAN';
const TOLD = 'MLCONTAINER_TOLD_STAGES';

/**
 * A small young generation; and room for garbage in the old one, which V8 would collect for every few MiB of buffers
 * that go through a thread, marking the same ten MiB of live objects each time. A heap is made once: what V8 has by
 * itself is said again when it stands, so that compiled code counts which was kept under no options.
 */
const HEAP = ['--max-semi-space-size=4', '--initial-old-space-size=32'];
const HEAP_STANDS = ['--max-semi-space-size=0', '--initial-old-space-size=0'];

/**
 * How much WebAssembly runs before it is optimised, fifty times as much as usual. undici's parser of HTTP is one large
 * function: a push of a few blobs would compile it in the background for 0.15 s, and wait for that before it ends.
 */
const PATIENCE = '--wasm-tiering-budget=650000000';

/**
 * How often a function runs before it is optimised, ten times as often as usual: in the seconds that a build lasts, most
 * that is compiled in the background of two threads does not pay.
 */
const CALM = '--invocation-count-for-maglev=4000';

/** How much garbage the old generation may take beside what lives, percent. */
const ROOM = '--heap-growing-percent=250';

/** A young generation that soon is as large as a short run needs: half of its collections fall away. */
const GROWTH = '--semi-space-growth-factor=8';

/** Options of V8 alone, which another one may lack: they are for the releases that a test starts. */
const KNOWN_NODES = ['22', '24'];

/**
 * How to start this process again so that a build needs a quarter less memory, or undefined where it makes no
 * difference: a small young generation for V8, since layers are streams of short-lived chunks, and two arenas for
 * glibc's malloc instead of eight a core, since every thread would fragment its own (mallopt(3), M_ARENA_MAX). Both
 * can only be said before a process begins. docs/adr/0010-lean-process.md has the figures.
 */
export function leanStart(
  { platform, env, argv, execArgv }: Omit<LeanProcess, 'versions'>,
  toldStages = 0,
): LeanStart | undefined {
  if (platform !== 'linux' || env[MARK] !== undefined || !isBuild(argv)) return undefined;
  const args = ['node', ...execArgv, ...HEAP, ...argv.slice(1)];
  const set = Object.entries(env).filter(
    (entry): entry is [string, string] => entry[1] !== undefined,
  );
  const marks = { [MARK]: '1', ...(toldStages === 0 ? {} : { [TOLD]: String(toldStages) }) };
  return { args, env: { MALLOC_ARENA_MAX: '2', ...Object.fromEntries(set), ...marks } };
}

function isBuild(argv: readonly string[]): boolean {
  return argv.slice(2).some((word) => word === 'build' || word === 'push');
}

function isKnown(node: string): boolean {
  const [major = ''] = node.split('.');
  return KNOWN_NODES.includes(major);
}

/** What a process takes on while it runs, in this order. */
export interface Late {
  /** Options that the process was started with, as they are without. */
  readonly undone: readonly string[];
  /**
   * Modules of Node to load: the code that Node brings for its own was made without options, and V8 would compile each
   * anew under others.
   */
  readonly modules: readonly string[];
  readonly options: readonly string[];
  /** The options wait until a thread runs, which loads what Node brings once more. */
  readonly waitsForThread: boolean;
}

const NOTHING: Late = { undone: [], modules: [], options: [], waitsForThread: false };

/** Options of V8 for a build: those that it takes while it runs. */
export function lateOptions({
  env,
  argv,
  versions,
}: Pick<LeanProcess, 'env' | 'argv' | 'versions'>): Late {
  if (!isBuild(argv) || !isKnown(versions.node)) return NOTHING;
  if (isLean(env))
    return {
      undone: HEAP_STANDS,
      modules: [...BUILDING, ...SENDING, ...MAKING],
      options: [ROOM, CALM, PATIENCE],
      waitsForThread: true,
    };
  const modules = argv.includes('push') ? [...BUILDING, ...SENDING] : BUILDING;
  return { ...NOTHING, modules, options: [CALM, PATIENCE, GROWTH] };
}

/** What every build comes to use of Node, what all do that ask a network, and those that make layers; each brings more of it. */
const BUILDING = ['crypto', 'fs/promises', 'os', 'timers/promises', 'vm'];
const SENDING = ['net', 'perf_hooks', 'zlib'];
const MAKING = ['child_process', 'worker_threads'];

/** Whether this process was started by `leanStart`. */
export function isLean(env: LeanProcess['env']): boolean {
  return env[MARK] !== undefined;
}

/** How many beginnings and ends of stages the process told its user of that this one goes on for. */
export function toldStages(env: LeanProcess['env']): number {
  return Number(env[TOLD]) || 0;
}

/**
 * Whether a build will surely make large layers: the store that it will use has none. A guess by one look, before
 * anything is loaded; where it is wrong, the engine says so when it knows more.
 */
export function isCold({ env, argv }: Pick<LeanProcess, 'env' | 'argv'>): boolean {
  const root = namedRoot(argv) ?? storeRoot(env);
  return root === undefined || !existsSync(join(root, ...LAYER_RECORDS));
}

/** Where the store keeps what it knows of layers; a test holds it to the store. */
const LAYER_RECORDS = ['v1', 'records', 'layer'];

/** What stands after `--cache-dir`: the line has not been read yet. */
function namedRoot(argv: readonly string[]): string | undefined {
  const at = argv.findIndex((word) => /^--cache-dir(?:=|$)/.test(word));
  const word = argv[at];
  return word === '--cache-dir' ? argv[at + 1] : word?.slice('--cache-dir='.length);
}

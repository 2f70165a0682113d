/** What the process is told to do, as far as this decision needs it. */
export interface LeanProcess {
  readonly platform: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly argv: readonly string[];
  readonly execArgv: readonly string[];
}

/** A program to become: `execve(2)` without the file. */
export interface LeanStart {
  readonly args: readonly string[];
  readonly env: Record<string, string>;
}

const MARK = 'MLCONTAINER_LEAN';

/**
 * A small young generation; and room for garbage in the old one, which V8 would collect for every few MiB of buffers
 * that go through a thread, marking the same ten MiB of live objects each time.
 */
const HEAP = ['--max-semi-space-size=4', '--initial-old-space-size=32'];

/**
 * How to start this process again so that a build needs a quarter less memory, or undefined where it makes no
 * difference: a small young generation for V8, since layers are streams of short-lived chunks, and two arenas for
 * glibc's malloc instead of eight a core, since every thread would fragment its own (mallopt(3), M_ARENA_MAX). Both
 * can only be said before a process begins. docs/adr/0010-lean-process.md has the figures.
 */
export function leanStart({ platform, env, argv, execArgv }: LeanProcess): LeanStart | undefined {
  if (
    platform !== 'linux' ||
    env[MARK] !== undefined ||
    !argv.slice(2).some((word) => word === 'build' || word === 'push')
  )
    return undefined;
  const args = ['node', ...execArgv, ...HEAP, ...argv.slice(1)];
  const set = Object.entries(env).filter(
    (entry): entry is [string, string] => entry[1] !== undefined,
  );
  return { args, env: { MALLOC_ARENA_MAX: '2', ...Object.fromEntries(set), [MARK]: '1' } };
}

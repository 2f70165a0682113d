import { join } from 'node:path';
import type { DebianArchitecture, Suite } from '../lock.ts';
import { pythonPackages } from './packages.ts';

const LOADERS: Readonly<
  Record<DebianArchitecture, { readonly triplet: string; readonly loader: string }>
> = {
  amd64: { triplet: 'x86_64-linux-gnu', loader: 'ld-linux-x86-64.so.2' },
  arm64: { triplet: 'aarch64-linux-gnu', loader: 'ld-linux-aarch64.so.1' },
};

/** How to start an unpacked interpreter. */
export interface InterpreterCommand {
  /** The command and its first arguments; Python's own follow. */
  readonly argv: readonly [string, ...string[]];
  /** The whole environment. */
  readonly env: Readonly<Record<string, string>>;
}

/**
 * Starts the interpreter of `unpackInterpreter` through its own loader (ld.so(8), `--library-path`): nothing of the
 * host's C library is used. The environment fixes what the bytes of bytecode depend on (the hash seed orders
 * constants that are sets) and keeps the host's Python settings out. Runs only on a host of the same architecture.
 */
export function interpreterCommand(
  folder: string,
  suite: Suite,
  architecture: DebianArchitecture,
): InterpreterCommand {
  const { triplet, loader } = LOADERS[architecture];
  const { version } = pythonPackages(suite);
  const libraries = join(folder, 'usr/lib', triplet);
  return {
    argv: [
      join(libraries, loader),
      '--inhibit-cache',
      '--library-path',
      libraries,
      join(folder, `usr/bin/python${version}`),
    ],
    env: {
      LC_ALL: 'C.UTF-8',
      PYTHONDONTWRITEBYTECODE: '1',
      PYTHONHASHSEED: '0',
      PYTHONHOME: join(folder, 'usr'),
      PYTHONNOUSERSITE: '1',
      PYTHONSAFEPATH: '1',
      PYTHONUTF8: '1',
      TZ: 'UTC',
    },
  };
}

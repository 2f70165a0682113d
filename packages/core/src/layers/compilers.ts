import type { Ports } from '@mlcontainer/plugin-kit';
import { openCompiler, type Compiler } from '@mlcontainer/wheels';
import type { Interpreter } from '../inputs/interpreter.ts';
import type { Bytecode } from './recipe.ts';

/** The interpreters that one thread keeps running from one layer to the next. */
export interface Compilers {
  /** The interpreter as a compiler of such bytecode; one layer at a time may use it. */
  of(interpreter: Interpreter, bytecode: Bytecode): Compiler;
  /** Ends all of them. */
  close(): Promise<void>;
}

/** What compiles the Python of a layer; undefined where its recipe wants no bytecode. */
export function compilerOf(
  job: {
    readonly recipe: { readonly bytecode: Bytecode | null };
    readonly interpreter?: Interpreter;
  },
  compilers: Compilers,
): Compiler | undefined {
  const { interpreter, recipe } = job;
  return interpreter === undefined || recipe.bytecode === null
    ? undefined
    : compilers.of(interpreter, recipe.bytecode);
}

export function createCompilers(ports: Pick<Ports, 'exec'>): Compilers {
  const open = new Map<string, Compiler>();
  return {
    of: (interpreter, { debugRanges }) => {
      const key = `${interpreter.folder} ${debugRanges}`;
      const known = open.get(key);
      if (known !== undefined) return known;
      const compiler = openCompiler(interpreter, { debugRanges }, ports);
      open.set(key, compiler);
      return compiler;
    },
    close: async () => {
      const all = [...open.values()];
      open.clear();
      await Promise.allSettled(all.map((compiler) => compiler.close()));
    },
  };
}

import type { Ports } from '@mlcontainer/plugin-kit';
import { openCompiler, type Compiler } from '@mlcontainer/wheels';
import type { Interpreter } from '../inputs/interpreter.ts';

/** The interpreters that one thread keeps running from one layer to the next. */
export interface Compilers {
  /** The compiler of an interpreter; one layer at a time may use it. */
  of(interpreter: Interpreter): Compiler;
  /** Ends all of them. */
  close(): Promise<void>;
}

export function createCompilers(ports: Pick<Ports, 'exec'>): Compilers {
  const open = new Map<string, Compiler>();
  return {
    of: (interpreter) => {
      const known = open.get(interpreter.folder);
      if (known !== undefined) return known;
      const compiler = openCompiler(interpreter, {}, ports);
      open.set(interpreter.folder, compiler);
      return compiler;
    },
    close: async () => {
      const all = [...open.values()];
      open.clear();
      await Promise.allSettled(all.map((compiler) => compiler.close()));
    },
  };
}

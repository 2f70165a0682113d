import type { Host } from '@mlcontainer/plugin-kit';
import type { Engine } from './engine.ts';
import type { Style } from './term/style.ts';

/** One of the two outputs of a process. */
export interface Output {
  write(text: string): void;
  readonly isTTY: boolean;
  readonly columns: number;
}

/** What the process gives to the tool; a test gives its own. */
export interface CliIo {
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  readonly stdout: Output;
  readonly stderr: Output;
  /** Asks a person; undefined where there is none. */
  readonly ask?: ((question: string) => Promise<string>) | undefined;
  /** Milliseconds from an arbitrary start. */
  readonly now: () => number;
  readonly signal: AbortSignal;
  /** Told at the end what a command went through, in words that are the same for runs of the same kind. */
  readonly onDone?: ((what: string) => void) | undefined;
  readonly loadEngine: () => Promise<Engine>;
  /** `import()` of a URL; code that runs from a cache has none of its own. */
  readonly importModule?: (url: string) => Promise<object>;
  /** From now on, stacks out of code that is loaded name the lines that people wrote. */
  readonly mapStacks?: () => void;
  /**
   * Starts the process again with less memory to grow into, and does not return; not there where that cannot be. It is
   * given how many beginnings and ends of stages the user has seen.
   */
  readonly becomeLean?: ((toldStages: number) => void) | undefined;
  /** Beginnings and ends of stages that an earlier process told of, in whose place this one is; none when left out. */
  readonly toldStages?: number;
}

/** What every command is given. */
export interface CliContext {
  readonly io: CliIo;
  /** `--cwd` applied. */
  readonly cwd: string;
  readonly host: Host;
  /** Ends what is shown, and the process with it, to go on in a leaner one; returns where that cannot be. */
  readonly becomeLean: () => void;
  readonly signal: AbortSignal;
  /** Styles for stderr and stdout, as each of them can show colours. */
  readonly style: Style;
  readonly outStyle: Style;
  /** Writes a line for people to stderr, unless quiet. */
  readonly say: (line: string) => void;
  /** Writes data to stdout. */
  readonly print: (text: string) => void;
}

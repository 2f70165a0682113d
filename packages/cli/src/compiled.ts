import { hash, randomBytes } from 'node:crypto';
import { lstatSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { Script } from 'node:vm';

/** A CommonJS file that ran, and the way to keep what V8 compiled of it. */
export interface Compiled {
  readonly exports: unknown;
  /** Its functions were there, compiled by an earlier run. */
  readonly isWarm: boolean;
  /** Keeps the code of all functions so far, where no run did before what `did` says of this one. Writes or does nothing. */
  keep(did: string): void;
}

interface Kept {
  readonly data: Buffer | undefined;
  /** What the runs did whose functions are in it. */
  readonly did: readonly string[];
}

const NOTHING: Kept = { data: undefined, did: [] };

/** A run that does something new adds its functions; nobody does so many different things. */
const MOST = 64;

/**
 * Runs a CommonJS file with the code that is kept of it in a folder. Node's own cache keeps what is compiled when a file
 * is loaded, which is no function in it; this one is written when a run ends. The file has to be ASCII, and without
 * `import()`, for which such code has no loader.
 */
export function loadCompiled(file: string, folder: string, flavour: string): Compiled {
  const bytes = readFileSync(file);
  const place = join(folder, `program-${process.version}-${process.arch}-${flavour}`);
  const sum = hash('sha256', bytes);
  const kept = read(place, sum);
  const script = new Script(`${HEAD}${bytes.toString('latin1')}\n})`, {
    filename: file,
    columnOffset: -HEAD.length,
    ...(kept.data === undefined ? {} : { cachedData: kept.data }),
  });
  const isWarm = kept.data !== undefined && script.cachedDataRejected === false;
  const known = isWarm ? kept.did : [];
  return {
    exports: run(script, file),
    isWarm,
    keep: (did) => {
      if (known.includes(did) || known.length >= MOST) return;
      write(place, sum, script.createCachedData(), [...known, did]);
    },
  };
}

/** As Node wraps CommonJS. */
const HEAD = '(function (exports, require, module, __filename, __dirname) {';

type Wrapped = (
  exports: object,
  require: NodeJS.Require,
  module: { exports: object },
  filename: string,
  folder: string,
) => void;

function run(script: Script, file: string): unknown {
  const module = { exports: {} };
  const wrapped = script.runInThisContext() as Wrapped;
  wrapped(module.exports, createRequire(file), module, file, dirname(file));
  return module.exports;
}

/** V8 checks its own version and flags, and of the source no more than its length. */
function read(place: string, sum: string): Kept {
  try {
    if (!isPrivate(dirname(place))) return NOTHING;
    const bytes = readFileSync(place);
    const end = bytes.indexOf('\n');
    const [source, code, ...did] = JSON.parse(bytes.toString('utf8', 0, end)) as string[];
    const data = bytes.subarray(end + 1);
    return source === sum && code === hash('sha256', data) ? { data, did } : NOTHING;
  } catch {
    return NOTHING;
  }
}

function write(place: string, sum: string, data: Buffer, did: readonly string[]): void {
  try {
    mkdirSync(dirname(place), { recursive: true, mode: 0o700 });
    if (!isPrivate(dirname(place))) return;
    const head = `${JSON.stringify([sum, hash('sha256', data), ...did])}\n`;
    replace(place, Buffer.concat([Buffer.from(head), data]));
  } catch {
    // The next run compiles again.
  }
}

/** Not synced: what a power cut tears fails its checksum, which is a miss. */
function replace(place: string, bytes: Buffer): void {
  const temporary = `${place}.${randomBytes(6).toString('hex')}`;
  try {
    writeFileSync(temporary, bytes, { flag: 'wx', mode: 0o600 });
    renameSync(temporary, place);
  } finally {
    rmSync(temporary, { force: true });
  }
}

/** What lies there is run: only a real folder of this user counts, which nobody else may write. */
function isPrivate(folder: string): boolean {
  const stats = lstatSync(folder);
  const ours = process.getuid === undefined || stats.uid === process.getuid();
  return stats.isDirectory() && ours && (stats.mode & 0o022) === 0;
}

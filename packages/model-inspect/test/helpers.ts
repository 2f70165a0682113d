import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import type { Finding } from '@mlcontainer/plugin-kit';
import { inspectStream } from '../src/inspect.ts';
import type { Limits } from '../src/pickle/limits.ts';

const FIXTURES = new URL('./fixtures/', import.meta.url);

export function fixture(name: string): Uint8Array {
  return readFileSync(new URL(name, FIXTURES));
}

export function fixtureNames(folder: string): string[] {
  return readdirSync(new URL(`${folder}/`, FIXTURES)).filter((name) => !name.endsWith('.json'));
}

/** Every global of the fixtures that is scikit-learn's own. */
export const SKLEARN = [
  'numpy.ma.MaskedArray',
  'numpy.ma.core.MaskedArray',
  'numpy.ma.core._mareconstruct',
  'scipy.sparse._csr.csr_matrix',
  'sklearn.ensemble._forest.RandomForestRegressor',
  'sklearn.feature_extraction.text.TfidfTransformer',
  'sklearn.feature_extraction.text.TfidfVectorizer',
  'sklearn.linear_model._logistic.LogisticRegression',
  'sklearn.metrics._scorer._PassthroughScorer',
  'sklearn.model_selection._search.GridSearchCV',
  'sklearn.model_selection._split.StratifiedKFold',
  'sklearn.pipeline.Pipeline',
  'sklearn.preprocessing._data.StandardScaler',
  'sklearn.tree._classes.DecisionTreeRegressor',
  'sklearn.tree._tree.Tree',
  'sklearn.utils._metadata_requests.MetadataRequest',
  'sklearn.utils._metadata_requests.MethodMetadataRequest',
];

/** Inspects bytes that come in pieces of `piece` bytes. */
export function inspectBytes(
  bytes: Uint8Array,
  options: {
    allow?: readonly string[];
    piece?: number;
    limits?: Partial<Limits>;
    signal?: AbortSignal;
  } = {},
) {
  let at = 0;
  const { piece = 65_536, allow = [], limits } = options;
  const pull = () => {
    if (at >= bytes.length) return Promise.resolve(undefined);
    at += piece;
    return Promise.resolve(bytes.slice(at - piece, at));
  };
  return inspectStream('model.pkl', pull, {
    allowedGlobals: allow,
    signal: options.signal ?? new AbortController().signal,
    ...(limits === undefined ? {} : { limits }),
  });
}

export function errorCodes(findings: readonly Finding[]): string[] {
  return findings.filter((finding) => finding.severity === 'error').map((finding) => finding.code);
}

/** The codes of the error findings of some bytes. */
export async function codesOf(...args: Parameters<typeof inspectBytes>): Promise<string[]> {
  return errorCodes((await inspectBytes(...args)).findings);
}

/** Runs a Python program with JSON in and out; a missing python3 fails with the hint. */
export function python<T>(program: string, input: unknown): T {
  try {
    const output = execFileSync('python3', ['-I', '-c', program], {
      input: JSON.stringify(input),
      maxBuffer: 256 * 1024 * 1024,
    });
    return JSON.parse(output.toString()) as T;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    throw new Error(
      'This test compares with CPython: install python3 (Debian: apt-get install python3)',
      { cause: error },
    );
  }
}

/** Bytes of a pickle from opcodes and arguments: characters count as Latin-1. */
export function pickle(...parts: readonly (string | number | Uint8Array)[]): Uint8Array {
  return Buffer.concat(
    parts.map((part) =>
      typeof part === 'string'
        ? Buffer.from(part, 'latin1')
        : typeof part === 'number'
          ? Uint8Array.of(part)
          : part,
    ),
  );
}

/** PROTO 4. */
export const PROTO4 = [0x80, 4] as const;

/** A SHORT_BINUNICODE. */
export function text(value: string): Uint8Array {
  return pickle(0x8c, Buffer.byteLength(value), Buffer.from(value));
}

export const global = (module: string, name: string) => pickle(text(module), text(name), 0x93);
export const tuple = (...items: readonly Uint8Array[]) => pickle('(', ...items, 't');
export const none = pickle('N');
export const emptyDict = pickle('}');
export const setItem = (key: string, value: Uint8Array) => pickle(text(key), value, 's');

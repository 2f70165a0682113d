import { catalogue } from './catalogue/index.ts';
import type { ErrorEntry, ExitCode } from './catalogue/entry.ts';

/** Marks an error of ours, across copies of this package in one process. */
const ERROR_BRAND = Symbol.for('mlcontainer.error');

/** A code of the catalogue. */
export type ErrorCode = keyof typeof catalogue;

/** The values that a message mentions; never a secret. */
export type ErrorData = Readonly<Record<string, unknown>>;

/** The data that the texts of one code need. */
type DataOf<Code extends ErrorCode> =
  (typeof catalogue)[Code] extends ErrorEntry<infer Data> ? Data : never;

/** A failure with a code of the catalogue: what happened, why, what to do. */
export class MlcError extends Error {
  readonly [ERROR_BRAND] = true;
  override readonly name = 'MlcError';
  readonly code: string;
  readonly title: string;
  readonly why: string;
  readonly fix: string;
  readonly docs: string;
  readonly exitCode: ExitCode;
  readonly data: ErrorData;
  /** The plugin and hook it came out of, where it did; set once by the core. */
  origin?: { readonly plugin: string; readonly hook: string };

  constructor(
    code: string,
    entry: ErrorEntry<never>,
    data: ErrorData,
    options?: { cause?: unknown },
  ) {
    const texts = entry as unknown as ErrorEntry<ErrorData>;
    super(texts.message(data), options);
    this.code = code;
    this.title = texts.title;
    this.why = text(texts.why, data);
    this.fix = text(texts.fix, data);
    this.docs = docsUrl(code);
    this.exitCode = texts.exit ?? 1;
    this.data = data;
  }
}

function text(value: string | ((data: ErrorData) => string), data: ErrorData): string {
  return typeof value === 'string' ? value : value(data);
}

/** Where a code is explained. */
export function docsUrl(code: string): string {
  return `https://mlcontainer.dev/errors/${code}`;
}

/** An error of the catalogue, ready to throw. */
export function mlcError<Code extends ErrorCode>(
  code: Code,
  data: DataOf<Code>,
  options?: { cause?: unknown },
): MlcError {
  return new MlcError(code, catalogue[code], data as ErrorData, options);
}

/** Whether a value is an `MlcError`, of this copy of the package or another. */
export function isMlcError(value: unknown): value is MlcError {
  return value instanceof Error && ERROR_BRAND in value;
}

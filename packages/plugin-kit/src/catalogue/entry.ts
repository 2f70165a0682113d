/** How a process ends on an error: 1 failed, 2 usage or config, 3 findings, 75 worth retrying. */
export type ExitCode = 1 | 2 | 3 | 75;

/** One error of the catalogue. Codes are permanent: a code is never given another meaning. */
export interface ErrorEntry<Data> {
  /** A heading of a few words. */
  readonly title: string;
  /** What happened, in one sentence with the values in it. */
  readonly message: (data: Data) => string;
  /** Why that is an error. */
  readonly why: string | ((data: Data) => string);
  /** What to do. */
  readonly fix: string | ((data: Data) => string);
  readonly exit?: ExitCode;
}

/** Types one entry by the data its texts need. */
export function entry<Data>(value: ErrorEntry<Data>): ErrorEntry<Data> {
  return value;
}

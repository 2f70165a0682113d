/** What inspection of one file may take at most; more is the finding MLC3015. */
export interface Limits {
  /** Entries on the stack, between marks and below them. */
  readonly stack: number;
  /** Marks that are open at once. */
  readonly marks: number;
  /** Entries of the memo. */
  readonly memo: number;
  /** Tuples, lists, dicts and objects that are held at once. */
  readonly nodes: number;
  /** Elements of one list or dict that are kept; the rest is counted. */
  readonly elements: number;
  /** Bytes of strings that are kept; later ones are passed over. */
  readonly text: number;
  /** Bytes of one string that is kept. */
  readonly string: number;
  /** Bytes of one line of a number or a name in protocol 0. */
  readonly line: number;
  /** Bytes of array data that are kept, all arrays together, and of one array. */
  readonly arrays: number;
  readonly array: number;
  /** Bytes after decompressing. */
  readonly plain: number;
}

/** Wide enough for models of several gigabytes, within about 300 MB of memory. */
export const DEFAULT_LIMITS: Limits = {
  stack: 2_000_000,
  marks: 100_000,
  memo: 16_000_000,
  nodes: 2_000_000,
  elements: 100_000,
  text: 32 * 1024 * 1024,
  string: 16 * 1024,
  line: 16 * 1024,
  arrays: 8 * 1024 * 1024,
  array: 256 * 1024,
  plain: 64 * 1024 ** 3,
};

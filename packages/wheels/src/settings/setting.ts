/** A value and the place that set it: a variable's name, a file with its section, or `default`. */
export interface Setting<T> {
  readonly value: T;
  readonly source: string;
  /** Set where uv looks itself, so that it need not be handed to it. */
  readonly uv?: boolean;
}

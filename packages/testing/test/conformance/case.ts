import type { Wire } from './wire.ts';

/** One statement about registries; the name is that of the official suite where it has one. */
export interface Case {
  readonly name: string;
  /** Rejects where the registry does not keep to it. */
  readonly run: (wire: Wire) => Promise<void>;
}

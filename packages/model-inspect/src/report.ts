import type { Finding, ModelFacts } from '@mlcontainer/plugin-kit';
import type { Policy } from './policy/policy.ts';
import type { Limits } from './pickle/limits.ts';

/** What a reader fills while it reads; hash and size are added at the end. */
export interface Report {
  readonly file: string;
  readonly policy: Policy;
  readonly limits: Limits;
  readonly findings: Finding[];
  readonly signal: AbortSignal;
  facts: Omit<ModelFacts, 'fileName' | 'size' | 'sha256'>;
}

/** Facts before anything is known. */
export function blankFacts(format: string): Report['facts'] {
  return {
    format,
    trust: 'code',
    compression: 'none',
    packages: [],
    inputs: [],
    outputs: [],
    globals: [],
  };
}

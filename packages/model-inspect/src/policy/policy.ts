import { mlcError, type MlcError } from '@mlcontainer/plugin-kit';
import type { GlobalValue } from '../pickle/values.ts';
import { CORE_CALLS, CORE_REFERENCES } from './core.ts';
import { danger } from './danger.ts';

/** Decides on names; made once a file. */
export interface Policy {
  readonly file: string;
  readonly allowed: ReadonlySet<string>;
}

/** A decision: what the pickle may do with the global, and the error where that is nothing. */
export interface Verdict {
  readonly use: GlobalValue['use'];
  /** `module.name`, or `module:qual.name` for an attribute path. */
  readonly global: string;
  readonly error?: MlcError;
}

/** A policy of the built-in safe core and `allowed`, exact `module.name` or `module:Outer.Inner`. */
export function createPolicy(file: string, allowed: readonly string[]): Policy {
  return { file, allowed: new Set(allowed) };
}

/** Decides on one global. */
export function judge(policy: Policy, module: string, name: string, offset: number): Verdict {
  const path = name.includes('.');
  const global = path ? `${module}:${name}` : `${module}.${name}`;
  // A core name keeps its own rules, whoever else allows it.
  if (!path && CORE_CALLS.has(global)) return { use: 'call', global };
  if (policy.allowed.has(global)) return { use: 'call', global };
  if (!path && CORE_REFERENCES.has(global)) return { use: 'reference', global };
  return { use: 'nothing', global, error: refusal(policy, module, name, global, offset) };
}

function refusal(
  policy: Policy,
  module: string,
  name: string,
  global: string,
  offset: number,
): MlcError {
  const at = { file: policy.file, offset, global };
  const words = danger(module, name);
  if (words !== undefined) return mlcError('MLC3021', { ...at, danger: words });
  if (module === '__main__') return mlcError('MLC3022', at);
  return mlcError(name.includes('.') ? 'MLC3023' : 'MLC3020', at);
}

/** Warnings for dangerous names that `allowed` lets in. */
export function dangersLetIn(policy: Policy, globals: Iterable<string>): MlcError[] {
  const errors: MlcError[] = [];
  for (const global of globals) {
    if (!policy.allowed.has(global)) continue;
    const split = global.includes(':') ? global.indexOf(':') : global.lastIndexOf('.');
    const words = danger(global.slice(0, split), global.slice(split + 1));
    if (words !== undefined)
      errors.push(mlcError('MLC3026', { file: policy.file, global, danger: words }));
  }
  return errors;
}

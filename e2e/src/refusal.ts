import { catalogue, type ErrorCode } from '@mlcontainer/plugin-kit';
import { expect } from 'vitest';
import type { Captured } from '@mlcontainer/tools';

/** Asserts that a run was refused with one of some codes of the catalogue, and ended with that code's exit code. */
export function expectRefusal(result: Captured, ...codes: readonly ErrorCode[]): void {
  const code = saidCode(result, codes);
  const exits: Record<string, { exit?: number }> = catalogue;
  expect(result.code).toBe(exits[code ?? '']?.exit ?? 1);
}

/** Asserts that a run ended with findings (exit code 3), one of them with one of some codes. */
export function expectFindings(result: Captured, ...codes: readonly ErrorCode[]): void {
  saidCode(result, codes);
  expect(result.code).toBe(3);
}

function saidCode(
  { stdout, stderr }: Captured,
  codes: readonly ErrorCode[],
): ErrorCode | undefined {
  const said = [...`${stdout}\n${stderr}`.matchAll(/\bMLC\d{4}\b/g)].map(([found]) => found);
  const code = codes.find((wanted) => said.includes(wanted));
  expect(code, `expected ${codes.join(' or ')}, got:\n${stdout}\n${stderr}`).toBeDefined();
  return code;
}

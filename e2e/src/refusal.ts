import { catalogue, type ErrorCode } from '@mlcontainer/plugin-kit';
import { expect } from 'vitest';
import type { Captured } from '@mlcontainer/tools';

/** Asserts that a run was refused with one of some codes of the catalogue, and ended with that code's exit code. */
export function expectRefusal(result: Captured, ...codes: readonly ErrorCode[]): void {
  const said = [
    ...result.stderr.matchAll(/\bMLC\d{4}\b/g),
    ...result.stdout.matchAll(/\bMLC\d{4}\b/g),
  ].map(([code]) => code);
  const code = codes.find((wanted) => said.includes(wanted));
  expect(
    code,
    `expected ${codes.join(' or ')}, got:\n${result.stdout}\n${result.stderr}`,
  ).toBeDefined();
  const exits: Record<string, { exit?: number }> = catalogue;
  expect(result.code).toBe(exits[code ?? '']?.exit ?? 1);
}

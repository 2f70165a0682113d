import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { startRegistry, type TestRegistry } from '../src/index.ts';
import { blobCases } from './conformance/blob-cases.ts';
import type { Case } from './conformance/case.ts';
import { dataCases, otherCases } from './conformance/data-cases.ts';

// The list of cases is that of opencontainers/distribution-spec, conformance/ (967efdc), whose program needs a newer
// Go than Debian 12 has.
const CASES: readonly Case[] = [
  ...blobCases('sha256'),
  ...blobCases('sha512'),
  ...dataCases(),
  ...otherCases(),
];

describe('the strict registry', () => {
  let registry: TestRegistry;
  beforeAll(async () => {
    registry = await startRegistry();
  });
  afterAll(() => registry.close());

  test.each(CASES.map((each, row) => ({ ...each, row })))('$name', async ({ run, row }) => {
    const { origin } = registry;
    await run({
      origin,
      repository: `conformance/repo1-${row}`,
      other: `conformance/repo2-${row}`,
    });
    expect(registry.openUploads()).toBe(0);
  });
});

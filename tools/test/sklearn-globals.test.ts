import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { sklearn } from '@mlcontainer/framework-sklearn';
import { CORE_CALLS, CORE_REFERENCES, danger, inspectModel } from '@mlcontainer/model-inspect';
import { describe, expect, test } from 'vitest';

const ROOT = new URL('../../', import.meta.url);
const FIXTURES = new URL('packages/model-inspect/test/fixtures/', ROOT);
const globals = sklearn().globals ?? [];

async function findings(url: URL, allowedGlobals: readonly string[]) {
  const { signal } = new AbortController();
  return (await inspectModel(fileURLToPath(url), { allowedGlobals, signal })).findings;
}

describe('the allowlist of framework-sklearn', () => {
  test.each(['diabetes', 'breast-cancer'])('lets the example %s in', async (name) => {
    const model = new URL(`examples/${name}/model.joblib`, ROOT);
    expect(await findings(model, globals)).toEqual([]);
    expect(await findings(model, [])).not.toEqual([]);
  });

  test.each(['1.3.2', '1.6.1', '1.9.1'])('lets models of scikit-learn %s in', async (version) => {
    const folder = new URL(`sklearn-${version}/`, FIXTURES);
    for (const name of readdirSync(folder).filter((file) => !file.endsWith('.json'))) {
      expect(await findings(new URL(name, folder), globals), name).toEqual([]);
    }
  });

  test('lets nothing malicious in', async () => {
    const folder = new URL('malicious/', FIXTURES);
    for (const name of readdirSync(folder)) {
      const codes = (await findings(new URL(name, folder), globals)).map((finding) => finding.code);
      expect(codes, name).toEqual(['MLC3021']);
    }
  });

  test('repeats nothing of the core and holds nothing that the inspector calls dangerous', () => {
    const core = globals.filter((name) => CORE_CALLS.has(name) || CORE_REFERENCES.has(name));
    const dangerous = globals.filter((name) => {
      const dot = name.lastIndexOf('.');
      return danger(name.slice(0, dot), name.slice(dot + 1)) !== undefined;
    });
    expect([...core, ...dangerous]).toEqual([]);
  });
});

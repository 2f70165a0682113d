import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { ESLint } from 'eslint';
import { beforeAll, describe, expect, it } from 'vitest';
import { MAY_IMPORT } from '../src/boundaries.ts';

const ROOT = join(import.meta.dirname, '..', '..', '..');
const BOUNDARIES = '@nx/enforce-module-boundaries';

let eslint: ESLint;

beforeAll(async () => {
  // The rule is silent without the project graph, so it is made first, as the lint task does.
  const nx = join(ROOT, 'node_modules', '.bin', 'nx');
  await promisify(execFile)(nx, ['show', 'projects'], {
    cwd: ROOT,
    env: { ...process.env, NX_DAEMON: 'false' },
  });
  // Where CI is set, the parser would take each file from disk the first time, not the text that it is given.
  const parserOptions = { disallowAutomaticSingleRunInference: true };
  eslint = new ESLint({ cwd: ROOT, overrideConfig: { languageOptions: { parserOptions } } });
});

/** The rules that a text breaks when it stands in a file of the repository. */
async function broken(file: string, text: string): Promise<(string | null)[]> {
  const results = await eslint.lintText(text, { filePath: join(ROOT, file) });
  return results.flatMap(({ messages }) => messages.map(({ ruleId }) => ruleId));
}

function importOf(name: string): string {
  return `import * as other from '${name}';\nexport const used = other;\n`;
}

describe('module boundaries', () => {
  it.each([
    ['packages/plugin-kit/src/index.ts', '@mlcontainer/oci'],
    ['packages/node-ports/src/index.ts', '@mlcontainer/oci'],
    ['packages/oci/src/index.ts', '@mlcontainer/node-ports'],
    ['packages/debian/src/index.ts', '@mlcontainer/core'],
    ['packages/debian/src/index.ts', '@mlcontainer/wheels'],
    ['packages/wheels/src/index.ts', '@mlcontainer/node-ports'],
    ['packages/model-inspect/src/index.ts', '@mlcontainer/oci'],
    ['packages/core/src/index.ts', 'mlcontainer'],
    ['packages/core/src/index.ts', '@mlcontainer/framework-sklearn'],
    ['packages/cli/src/index.ts', '@mlcontainer/oci'],
    ['plugins/framework-sklearn/src/index.ts', '@mlcontainer/core'],
    ['plugins/framework-sklearn/src/index.ts', '@mlcontainer/target-cloud-run'],
    ['plugins/target-cloud-run/src/index.ts', '@mlcontainer/testing'],
  ])('%s may not import %s', async (file, name) => {
    expect(await broken(file, importOf(name))).toContain(BOUNDARIES);
  });

  it.each([
    ['packages/oci/src/index.ts', '@mlcontainer/plugin-kit'],
    ['packages/debian/src/index.ts', '@mlcontainer/oci'],
    ['packages/core/src/index.ts', '@mlcontainer/wheels'],
    ['packages/cli/src/index.ts', '@mlcontainer/plugin-kit'],
    ['plugins/framework-sklearn/src/index.ts', '@mlcontainer/plugin-kit'],
  ])('%s may import %s', async (file, name) => {
    expect(await broken(file, importOf(name))).not.toContain(BOUNDARIES);
  });

  it('refuses a relative path into another package', async () => {
    const text = importOf('../../oci/src/index.ts');
    expect(await broken('packages/debian/src/index.ts', text)).toContain(BOUNDARIES);
  });

  it('lets no scope import the command line or a plugin except those meant to', () => {
    const importers = Object.entries(MAY_IMPORT).filter(([, allowed]) =>
      allowed.includes('plugin'),
    );
    expect(importers.map(([scope]) => scope)).toEqual(['app', 'tools']);
  });
});

describe('house style', () => {
  it.each([
    ['packages/plugin-kit/src/define.ts', "import 'node:fs';\n", 'no-restricted-imports'],
    ['packages/oci/src/entry.ts', "import 'node:http';\n", 'no-restricted-imports'],
    ['packages/oci/src/entry.ts', "import 'fs';\n", 'no-restricted-imports'],
    [
      'plugins/target-cloud-run/src/index.ts',
      "import 'node:fs/promises';\n",
      'no-restricted-imports',
    ],
    ['packages/oci/src/entry.ts', 'export default 1;\n', 'no-restricted-syntax'],
    ['packages/oci/src/entry.ts', "export * from './descriptor.ts';\n", 'no-restricted-syntax'],
    ['packages/oci/src/entry.ts', "import './descriptor';\n", 'no-restricted-syntax'],
    ['packages/oci/src/entry.ts', 'export enum A { B }\n', 'no-restricted-syntax'],
    ['packages/oci/src/entry.ts', 'console.log(1);\n', 'no-console'],
    [
      'packages/oci/src/entry.ts',
      'Promise.resolve(1);\n',
      '@typescript-eslint/no-floating-promises',
    ],
  ])('%s: %j breaks %s', async (file, text, rule) => {
    expect(await broken(file, text)).toContain(rule);
  });

  it('lets the one barrel of a package re-export', async () => {
    expect(await broken('packages/oci/src/index.ts', "export * from './entry.ts';\n")).toEqual([]);
  });
});

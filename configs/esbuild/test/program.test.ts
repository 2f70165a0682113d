import { execFile } from 'node:child_process';
import { access, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { bundleProgram, type ProgramOptions } from '../src/index.ts';

const run = promisify(execFile);
let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mlc-bundle-'));
});
afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

const PROGRAM = {
  'package.json': '{ "type": "module", "dependencies": { "outside": "1.0.0" } }',
  'src/bin.ts': `import { outside } from 'outside';
    const { ask }: { ask: () => Promise<string> } = await import('inside');
    console.log(outside, await ask());`,
  'node_modules/outside/package.json': '{ "type": "module", "exports": "./index.js" }',
  'node_modules/outside/index.js': "export const outside = 'outside';",
  'node_modules/inside/package.json':
    '{ "name": "inside", "version": "2.0.0", "license": "MIT", "type": "module", "exports": { "@mlcontainer/source": "./deep/index.ts" } }',
  'node_modules/inside/LICENSE': 'Do as you like.',
  'node_modules/inside/deep/index.ts': `import { once } from 'node:events';
    import { Worker } from 'node:worker_threads';
    export async function ask(): Promise<string> {
      const worker = new Worker(new URL(\`./answer.\${import.meta.url.endsWith('.ts') ? 'ts' : 'js'}\`, import.meta.url));
      const [answer] = await once(worker, 'message');
      return answer as string;
    }`,
  'node_modules/inside/deep/answer.ts':
    "import { parentPort } from 'node:worker_threads'; parentPort?.postMessage('answer');",
};

async function bundle(
  files: Readonly<Record<string, string | undefined>>,
  entries: Readonly<Record<string, string>>,
  more: Partial<ProgramOptions> = {},
) {
  for (const [path, text] of Object.entries({ ...PROGRAM, ...files })) {
    if (text === undefined) continue;
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), text);
  }
  await bundleProgram({ folder, entries, inlined: ['inside'], ...more });
}

const ENTRIES = { bin: 'src/bin.ts', answer: 'node_modules/inside/deep/answer.ts' };

test('a bundled program finds its worker and what stays outside', async () => {
  await bundle({}, ENTRIES);
  await rm(join(folder, 'node_modules/inside'), { recursive: true });
  const { stdout } = await run(process.execPath, [join(folder, 'dist/bin.js')]);
  expect(stdout).toBe('outside answer\n');
});

test('files of an older bundle are not shipped on', async () => {
  await bundle({ 'dist/old-ABC.js': '' }, ENTRIES);
  expect(await readdir(join(folder, 'dist'))).not.toContain('old-ABC.js');
});

test('a package gets another module in place of one of Node, and nobody else does', async () => {
  const files = {
    'src/bin.ts':
      "import { asked } from 'inside'; import { sep } from 'node:path'; console.log(asked, sep);",
    'node_modules/inside/deep/index.ts':
      "import { sep } from 'node:path'; export const asked = sep;",
  };
  const standIns = { inside: { 'node:path': "exports.sep = 'stand-in';" } };
  await bundle(files, { bin: 'src/bin.ts' }, { standIns });
  const { stdout } = await run(process.execPath, [join(folder, 'dist/bin.js')]);
  expect(stdout).toBe('stand-in /\n');
});

test('what is inlined brings its licence along', async () => {
  await bundle({ 'node_modules/inside/LICENSE': 'Do as you like.\n' }, ENTRIES);
  const notices = await readFile(join(folder, 'dist/THIRD-PARTY-NOTICES.txt'), 'utf8');
  expect(notices).toBe('inside 2.0.0 (MIT)\n\nDo as you like.\n');
});

test('what a source carries of others brings its licence along', async () => {
  const bin = `/*!
 * @license
 * DATA holds the work of others
 *
 *   Do as you like.
 */
export const DATA = 'data';
console.log(DATA);
`;
  await bundle({ 'src/bin.ts': bin }, { bin: 'src/bin.ts' });
  const notices = await readFile(join(folder, 'dist/THIRD-PARTY-NOTICES.txt'), 'utf8');
  expect(notices).toBe('DATA holds the work of others\n\n  Do as you like.\n');
});

test('a package without a licence file is not given on', async () => {
  await expect(bundle({ 'node_modules/inside/LICENSE': undefined }, ENTRIES)).rejects.toThrow(
    /inside goes into the bundle/,
  );
});

test('CommonJS that is inlined asks for modules of Node', async () => {
  const files = {
    'node_modules/inside/deep/index.ts':
      "import { ask as old } from './old.cjs'; export const ask = async () => old();",
    'node_modules/inside/deep/old.cjs':
      "const { sep } = require('node:path'); exports.ask = () => sep;",
  };
  await bundle(files, { bin: 'src/bin.ts' });
  const { stdout } = await run(process.execPath, [join(folder, 'dist/bin.js')]);
  expect(stdout).toBe('outside /\n');
});

test('what is imported of Node is loaded when it is used', async () => {
  const files = {
    'src/bin.ts': `import { connect } from 'node:tls';
      import { sep } from 'node:path';
      import assert from 'node:assert';
      const isLoaded = () => process.moduleLoadList.includes('NativeModule tls');
      const before = isLoaded();
      assert(before || typeof connect === 'function');
      console.log(sep, before, isLoaded());`,
  };
  await bundle(files, { bin: 'src/bin.ts' });
  const { stdout } = await run(process.execPath, [join(folder, 'dist/bin.js')]);
  expect(stdout).toBe('/ false true\n');
});

test('an entry that another imports stays a file, as CommonJS where asked', async () => {
  const files = {
    'src/bin.ts': "const { main } = await import('./main.ts'); await main();",
    'src/main.ts': `import { outside } from 'outside';
      import { ask } from 'inside';
      export async function main() {
        console.log(import.meta.url.split('/').at(-1));
        console.log(outside, await ask());
      }`,
    'node_modules/outside/index.js': "console.log('loaded'); export const outside = 'outside';",
  };
  await bundle(files, { ...ENTRIES, main: 'src/main.ts' }, { commonjs: ['main'] });
  const { stdout } = await run(process.execPath, [join(folder, 'dist/bin.js')]);
  expect(stdout).toBe('loaded\nmain.cjs\noutside answer\n');
  expect(await readFile(join(folder, 'dist/bin.js'), 'utf8')).not.toContain('outside');
});

test('what is left out is empty, and has to be there', async () => {
  const files = {
    'node_modules/inside/deep/index.ts':
      "import * as heavy from './heavy.ts'; export const ask = async () => Object.keys(heavy).length;",
    'node_modules/inside/deep/heavy.ts': "import 'node:http2'; export const heavy = 1;",
  };
  const entries = { bin: 'src/bin.ts' };
  await bundle(files, entries, { leftOut: ['inside/deep/heavy.ts'] });
  const { stdout } = await run(process.execPath, [join(folder, 'dist/bin.js')]);
  expect(stdout).toBe('outside 0\n');
  await expect(bundle(files, entries, { leftOut: ['inside/deep/gone.ts'] })).rejects.toThrow(
    /gone.ts is to be left out/,
  );
});

test('a worker that is no entry is an error', async () => {
  await expect(bundle({}, { bin: 'src/bin.ts' })).rejects.toThrow(/the worker answer/);
  await expect(access(join(folder, 'dist'))).rejects.toThrow('ENOENT');
});

test('an import that package.json does not name is an error', async () => {
  await expect(bundle({ 'package.json': '{ "type": "module" }' }, ENTRIES)).rejects.toThrow(
    /outside is imported/,
  );
});

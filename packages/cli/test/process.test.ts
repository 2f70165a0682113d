import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import manifest from '../package.json' with { type: 'json' };
import { nodeComplaint, OLDEST_NODE } from '../src/node-version.ts';
import { VERSION } from '../src/version.ts';

const BIN = join(import.meta.dirname, '../src/bin.ts');
let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mlc-cli-'));
});
afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

function start(args: readonly string[]): ChildProcess {
  const env = {
    PATH: process.env['PATH'],
    HOME: folder,
    NO_COLOR: '1',
    MLCONTAINER_CACHE_DIR: join(folder, 'store'),
  };
  return spawn(process.execPath, ['--conditions=@mlcontainer/source', BIN, ...args], {
    cwd: folder,
    env,
  });
}

async function end(
  child: ChildProcess,
): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const [stdout, stderr] = [gather(child.stdout), gather(child.stderr)];
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, stdout: await stdout, stderr: await stderr };
}

async function gather(stream: ChildProcess['stdout']): Promise<string> {
  let text = '';
  for await (const chunk of stream ?? []) text += String(chunk);
  return text;
}

/** A config that never ends, and says when it has begun. */
const ENDLESS =
  "process.stdout.write('begun\\n'); export default new Promise(() => setInterval(() => 0, 1000));";

async function begun(child: ChildProcess): Promise<void> {
  for (;;) {
    const [chunk] = (await once(child.stdout!, 'data')) as [Buffer];
    if (chunk.toString().includes('begun')) return;
  }
}

describe('the process', () => {
  test('prints the version', async () => {
    expect(await end(start(['--version']))).toEqual({
      code: 0,
      stdout: `${VERSION}\n`,
      stderr: '',
    });
  });

  test('ends with 2 on a usage error, and says it on stderr', async () => {
    const { code, stdout, stderr } = await end(start(['biuld']));
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toContain('MLC1101');
  });

  test('shows the user where the config threw', async () => {
    await writeFile(
      join(folder, 'mlcontainer.config.ts'),
      "const a: number = 1;\nthrow new Error('mine');\n",
    );
    const { code, stderr } = await end(start(['plan', '--debug']));
    expect(code).toBe(2);
    expect(stderr).toContain('mlcontainer.config.ts:2:7: mine');
    expect(stderr).toMatch(/at .*mlcontainer\.config\.ts:2:7/);
  });

  test('tells a stray error of the config like any other', async () => {
    const text =
      "setTimeout(() => { throw new Error('stray'); }, 10);\nexport default new Promise(() => setInterval(() => 0, 1e6));\n";
    await writeFile(join(folder, 'mlcontainer.config.ts'), text);
    const { code, stderr } = await end(start(['plan']));
    expect(code).toBe(1);
    expect(stderr).toMatch(/MLC1199[^]*stray/);
  });

  test.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
    ['SIGHUP', 143],
  ] as const)('stops on %s and leaves nothing behind', async (signal, expected) => {
    await writeFile(join(folder, 'mlcontainer.config.ts'), ENDLESS);
    const child = start(['plan']);
    await begun(child);
    const ended = end(child);
    child.kill(signal);
    const { code, stderr } = await ended;
    expect(code).toBe(expected);
    expect(stderr).toContain('Interrupted');
    // Compiled code of the tool itself may stay: it is no part of any build.
    const left = (await readdir(folder, { recursive: true })).filter(
      (name) => !/^store(\/(compiled|configs)(\/|$)|$)/.test(name),
    );
    expect(left).toEqual(['mlcontainer.config.ts']);
  });

  test('ends quietly when nobody reads its output any more', async () => {
    const child = start(['schema']);
    child.stdout?.destroy();
    const [code] = (await once(child, 'close')) as [number];
    expect(code).toBe(0);
  });
});

describe('versions', () => {
  test('are those of package.json', () => {
    expect(VERSION).toBe(manifest.version);
    expect(manifest.engines.node).toBe(`>=${OLDEST_NODE}`);
  });

  test.each([
    ['20.20.2', true],
    ['22.17.9', true],
    ['22.18.0', false],
    ['24.0.0', false],
    ['9.99.0', true],
  ])('Node %s is refused: %s', (version, refused) => {
    expect(nodeComplaint(version) !== undefined).toBe(refused);
  });
});

import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type NodePorts, nodePorts } from '@mlcontainer/node-ports';
import { type PythonSettings, pythonSettings } from '../../src/settings/settings.ts';
import { findUv, type FoundUv } from '../../src/uv/find.ts';
import { tempFolder } from './wheel.ts';

/** What a function of this package takes, and its folder. */
export interface TestContext extends Disposable {
  readonly ports: NodePorts;
  readonly signal: AbortSignal;
  readonly env: Readonly<Record<string, string>>;
  readonly settings: PythonSettings;
  readonly folder: ReturnType<typeof tempFolder>;
}

/** Ports with a store of their own, and settings of nothing but these variables. */
export async function testContext(
  variables: Readonly<Record<string, string>> = {},
): Promise<TestContext> {
  const folder = tempFolder();
  const signal = new AbortController().signal;
  const env = {
    PATH: process.env['PATH'] ?? '',
    HOME: join(folder.path, 'home'),
    XDG_CONFIG_DIRS: join(folder.path, 'none'),
    PIP_CONFIG_FILE: '/dev/null',
    UV_CACHE_DIR: join(folder.path, 'uv'),
    ...variables,
  };
  const ports = nodePorts({ env, cacheDir: join(folder.path, 'store') });
  const settings = await pythonSettings({ env, cwd: folder.path, files: [] });
  return { ports, signal, env, settings, folder, [Symbol.dispose]: () => folder[Symbol.dispose]() };
}

/** A real uv: this machine's, or one fetched once into a store that all test runs share. */
export async function testUv(): Promise<FoundUv> {
  const env = process.env;
  const ports = nodePorts({ env, cacheDir: join(tmpdir(), 'mlcontainer-test-tools') });
  const settings = await pythonSettings({ env, cwd: tmpdir() });
  return findUv({ ports, signal: new AbortController().signal, env, settings });
}

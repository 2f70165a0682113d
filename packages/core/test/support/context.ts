import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { nodePorts } from '@mlcontainer/node-ports';
import type { EngineEvent } from '@mlcontainer/plugin-kit';
import type { EngineContext } from '../../src/context.ts';
import { inlineRunner } from './inline-runner.ts';

/** An engine context over a fresh folder and an empty store, without network; what the host was told is kept. */
export interface TestContext extends EngineContext {
  readonly root: string;
  readonly events: EngineEvent[];
  dispose(): Promise<void>;
}

export async function testContext(): Promise<TestContext> {
  const root = await mkdtemp(path.join(tmpdir(), 'mlc-core-'));
  const env = { PATH: process.env['PATH'], HOME: root };
  const ports = nodePorts({ env, cacheDir: path.join(root, '.store'), offline: true });
  const events: EngineEvent[] = [];
  return {
    root,
    cwd: root,
    env,
    ports,
    events,
    host: { notify: (event) => events.push(event) },
    signal: new AbortController().signal,
    layerRunner: inlineRunner(ports),
    dispose: () => rm(root, { recursive: true, force: true }),
  };
}

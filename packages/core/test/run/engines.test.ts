import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, existsSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { nodePorts } from '@mlcontainer/node-ports';
import { isMlcError, type Architecture, type EngineEvent } from '@mlcontainer/plugin-kit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { probeEngines } from '../../src/run/engines.ts';
import { runImage } from '../../src/run/run-image.ts';
import type { EngineName, RunContext, RunOptions } from '../../src/run/types.ts';
import { perlImage } from './perl-image.ts';

const folder = mkdtempSync(join(tmpdir(), 'mlc-run-'));
const cacheDir = join(folder, 'cache');
const architecture: Architecture = process.arch === 'arm64' ? 'arm64' : 'amd64';
const platform = { os: 'linux', architecture } as const;
/** Every engine but the container engines, whose daemons the e2e suite brings. */
const ENGINES: readonly EngineName[] = ['crun', 'runc', 'userns', 'chroot'];
let layout = '';

function context(env: Record<string, string | undefined> = process.env) {
  const events: EngineEvent[] = [];
  const ports = nodePorts({ env, cacheDir });
  const cx: RunContext = { ports, env, host: { notify: (event) => void events.push(event) } };
  const lines = (): string[] =>
    events.flatMap((event) => (event.code === 'container-log' ? [event.line] : []));
  return { cx, events, lines };
}

function options(engine: EngineName, more: Partial<RunOptions> = {}): RunOptions {
  return { layout, platform, engine, port: 0, signal: new AbortController().signal, ...more };
}

/** What a stopped container must not have left. */
function leftOver(): string[] {
  const temps = existsSync(cacheDir)
    ? readdirSync(cacheDir, { recursive: true })
        .map(String)
        .filter((path) => path.includes('rootfs'))
    : [];
  const mounts = execFileSync('cat', ['/proc/self/mounts'], { encoding: 'utf8' });
  const processes = execFileSync('ps', ['-eo', 'args'], { encoding: 'utf8' });
  return [
    ...temps.slice(0, 3),
    ...mounts.split('\n').filter((line) => line.includes(folder)),
    ...processes.split('\n').filter((line) => line.includes('/opt/server.pl')),
  ];
}

async function codeOf(promise: Promise<unknown>): Promise<string> {
  return promise.then(
    () => 'no error',
    (error: unknown) => (isMlcError(error) ? error.code : String(error)),
  );
}

const works = new Map<string, boolean>();

/** Where the machine forbids an engine, runImage has to refuse it; true when that was tested instead. */
async function refused(engine: EngineName): Promise<boolean> {
  if (works.get(engine) === true) return false;
  expect(await codeOf(runImage(options(engine), context().cx))).toBe('MLC8002');
  return true;
}

beforeAll(async () => {
  ({ layout } = await perlImage(folder));
  const probes = await probeEngines(context().cx, new AbortController().signal);
  for (const probe of probes) works.set(probe.engine, probe.works);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe.each(ENGINES)('%s', (engine) => {
  it('runs the image as its user, read-only, without capabilities, and ends it', async () => {
    if (await refused(engine)) return;
    const { cx, lines } = context();
    const running = await runImage(options(engine, { env: { ADDED: 'yes' } }), cx);
    await running.ready;
    const seen = (await (await fetch(running.url)).json()) as Record<string, unknown>;
    expect(seen).toEqual({
      ...{ uid: 65532, gid: 65532, root: 'no', tmp: 'yes', caps: '0000000000000000' },
      ...{ home: '/home/nonroot', added: 'yes', pwd: '/opt', hidden: 'gone' },
    });
    await running.stop();
    expect(await running.exited).toBe(0);
    expect(lines()).toEqual(['listening', 'stopping']);
    expect(leftOver()).toEqual([]);
  });

  it('waits for ready, and takes another port when the wished one is taken', async () => {
    if (await refused(engine)) return;
    const { cx, events } = context();
    const taken = createServer().listen(0, '127.0.0.1');
    const address = await new Promise<unknown>((resolve) =>
      taken.once('listening', () => resolve(taken.address())),
    );
    const { port } = address as { port: number };
    const running = await runImage(options(engine, { port, env: { MODE: 'slow' } }), cx);
    await running.ready;
    expect(running.url).not.toContain(`:${port}`);
    expect(events.some((event) => event.code === 'note')).toBe(true);
    await running.stop();
    taken.close();
    expect(leftOver()).toEqual([]);
  });

  it('says with the log why a container ended before it was ready', async () => {
    if (await refused(engine)) return;
    const { cx } = context();
    const running = await runImage(options(engine, { env: { MODE: 'die' } }), cx);
    const error: unknown = await running.ready.catch((reason: unknown) => reason);
    expect(isMlcError(error) && [error.code, error.data['exit']]).toEqual(['MLC8004', 3]);
    expect(String((error as Error).message)).toContain('reason on stderr');
    expect(leftOver()).toEqual([]);
  });

  it('leaves nothing when aborted', async () => {
    if (await refused(engine)) return;
    const { cx } = context();
    const controller = new AbortController();
    const running = await runImage(options(engine, { signal: controller.signal }), cx);
    await running.ready;
    controller.abort();
    expect(await running.exited).toBe(0);
    expect(leftOver()).toEqual([]);
  });

  // Probing, unpacking, a runtime that makes the container, a program that has no handler yet.
  it.each([0, 50, 100, 150, 200, 250, 300])(
    'leaves nothing when aborted after %d ms',
    async (ms) => {
      if (await refused(engine)) return;
      const late = new AbortController();
      const timer = setTimeout(() => late.abort(), ms);
      const running = await runImage(options(engine, { signal: late.signal }), context().cx).catch(
        () => undefined,
      );
      await running?.exited;
      clearTimeout(timer);
      expect(late.signal.aborted).toBe(true);
      expect(leftOver()).toEqual([]);
    },
  );
});

it('kills a container that does not mind SIGTERM', async () => {
  const { cx } = context();
  const clock = {
    ...cx.ports.clock,
    sleep: (ms: number, signal: AbortSignal) =>
      cx.ports.clock.sleep(ms === 10_000 ? 100 : ms, signal),
  };
  const quick = { ...cx, ports: { ...cx.ports, clock } };
  for (const engine of ENGINES) {
    if (await refused(engine)) continue;
    const running = await runImage(options(engine, { env: { MODE: 'stubborn' } }), quick);
    await running.ready;
    await running.stop();
    expect(await running.exited).toBe(137);
    expect(leftOver()).toEqual([]);
  }
});

it('can run an image on this machine without any daemon', () => {
  expect(ENGINES.filter((engine) => works.get(engine))).not.toEqual([]);
});

it('names what is missing when no engine works, and when the named one does not', async () => {
  const real = context().cx;
  const broken = async () => ({ code: 1, stdout: new Uint8Array(), stderr: 'some\nreason' });
  // Every program is there, whatever this machine has.
  const which = async (name: string) => `/usr/bin/${name}`;
  const exec = { ...real.ports.exec, run: broken, which };
  const cx = { ...real, ports: { ...real.ports, exec } };
  const probes = await probeEngines(cx, new AbortController().signal);
  expect(probes.map((probe) => probe.works)).toEqual(probes.map(() => false));
  expect(new Set(probes.map((probe) => probe.detail))).toEqual(new Set(['reason']));
  const { engine: _, ...any } = options('crun');
  expect(await codeOf(runImage(any, cx))).toBe('MLC8001');
  expect(await codeOf(runImage(options('podman'), cx))).toBe('MLC8002');
});

it('refuses a platform that is not there, a layout that is none, and a changed layer', async () => {
  const { cx } = context();
  const other = {
    os: 'linux',
    architecture: architecture === 'amd64' ? 'arm64' : 'amd64',
  } as const;
  expect(await codeOf(runImage(options('chroot', { platform: other }), cx))).toBe('MLC8005');
  expect(await codeOf(runImage(options('chroot', { layout: folder }), cx))).toBe('MLC6040');
});

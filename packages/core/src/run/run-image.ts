import { openLayout } from '@mlcontainer/oci';
import { mlcError } from '@mlcontainer/plugin-kit';
import type { Started } from './engine.ts';
import { checkArchitecture } from './architecture.ts';
import { startWithEngine, type StartedBy } from './engines.ts';
import { findImage } from './layout-image.ts';
import { LOOPBACK, freePort } from './port.ts';
import { waitReady } from './ready.ts';
import type { RunContext, RunOptions, RunningContainer } from './types.ts';

const GRACE_MS = 10_000;
const LOG_LINES = 20;

/**
 * Starts one image of a layout with the first engine that works: read-only root, the image's own user, no capability,
 * reached on the host's loopback alone. Lines of the container come as `container-log` events.
 *
 * Leaves nothing behind, however it ends: no container, process, folder, and no image in an engine's store that was
 * not there before. Throws MLC8001 to MLC8008, MLC6040 where there is no layout, and the signal's reason when aborted before the start.
 */
export async function runImage(options: RunOptions, cx: RunContext): Promise<RunningContainer> {
  const { signal, platform } = options;
  signal.throwIfAborted();
  const layout = await openLayout(options.layout, { signal });
  try {
    const image = await findImage(layout, platform);
    const port = await choosePort(options.port, cx);
    const { onLine, tail } = logLines(cx);
    const request = { image, port, env: options.env ?? {}, signal, onLine, cx };
    const by = await startWithEngine(options.engine, cx, signal, async (engine) => {
      checkArchitecture(platform, engine.name);
      return engine.start(request);
    });
    return supervise(by, `http://${LOOPBACK}:${port}`, tail, signal, cx);
  } finally {
    await layout.close();
  }
}

async function choosePort(wished: number, cx: RunContext): Promise<number> {
  const port = await freePort(wished);
  if (wished !== 0 && port !== wished)
    cx.host.notify({ code: 'note', message: `Port ${wished} is taken; using ${port}.` });
  return port;
}

/** Hands lines to the host, and keeps the last ones for an error. */
function logLines(cx: RunContext) {
  const tail: string[] = [];
  const onLine = (stream: 'stdout' | 'stderr', line: string): void => {
    tail.push(line);
    if (tail.length > LOG_LINES) tail.shift();
    cx.host.notify({ code: 'container-log', stream, line });
  };
  return { tail, onLine };
}

/** Ties the parts of a running container together: its end, its stopping, its readiness. */
function supervise(
  { engine, started }: StartedBy,
  url: string,
  tail: readonly string[],
  signal: AbortSignal,
  cx: RunContext,
): RunningContainer {
  const ended = new AbortController();
  const exited = started.exited.then(async (code) => {
    ended.abort();
    signal.removeEventListener('abort', onAbort);
    await started.remove();
    return code;
  });
  let serves = false;
  let stopping: Promise<void> | undefined;
  const stop = (): Promise<void> => (stopping ??= stopContainer(started, exited, serves, cx));
  const onAbort = (): void => {
    stop().catch(() => undefined);
  };
  signal.addEventListener('abort', onAbort, { once: true });
  if (signal.aborted) onAbort();
  const waiting = waitReady(url, cx.ports.clock, AbortSignal.any([signal, ended.signal]));
  const ready = waiting.then(
    () => void (serves = true),
    async (error: unknown) => {
      const exit = await exited;
      signal.throwIfAborted();
      if (!ended.signal.aborted) throw error;
      throw mlcError('MLC8004', { engine, exit, log: tail.join('\n') });
    },
  );
  // A caller may look at neither: their failure must not end the process.
  ready.catch(() => undefined);
  exited.catch(() => undefined);
  return { engine, url, ready, exited, stop };
}

/**
 * SIGTERM, and SIGKILL after the grace time. A container that serves nothing yet is killed at once: there is nothing
 * to drain, and a first process that has no handler yet never hears of a SIGTERM (pid_namespaces(7)).
 */
async function stopContainer(
  started: Started,
  exited: Promise<number>,
  serves: boolean,
  cx: RunContext,
): Promise<void> {
  if (!serves) {
    await started.kill();
    await exited;
    return;
  }
  const over = new AbortController();
  const killing = cx.ports.clock.sleep(GRACE_MS, over.signal).then(
    () => started.kill(),
    () => undefined,
  );
  await started.terminate();
  await exited.finally(() => over.abort());
  await killing;
}

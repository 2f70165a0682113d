import type { ClockPort } from '@mlcontainer/plugin-kit';

const PAUSE_MS = 50;
const TIMEOUT_MS = 5000;

/**
 * Asks `/v2/health/ready` (Open Inference Protocol V2) until it answers 200. Goes straight to the loopback: no proxy
 * and no retry policy has a say here. Rejects with the signal's reason when aborted.
 */
export async function waitReady(url: string, clock: ClockPort, signal: AbortSignal): Promise<void> {
  const target = new URL('/v2/health/ready', url);
  for (;;) {
    signal.throwIfAborted();
    if ((await status(target, signal)) === 200) return;
    await clock.sleep(PAUSE_MS, signal);
  }
}

/** The status of one answer; undefined when none came. */
async function status(url: URL, signal: AbortSignal): Promise<number | undefined> {
  // Imported here, because it takes 30 ms of every command otherwise. The loopback of this machine is not the network.
  const { request } = await import('node:http');
  return new Promise((resolve) => {
    const call = request(url, { agent: false, signal, timeout: TIMEOUT_MS }, (response) => {
      response.resume();
      resolve(response.statusCode);
    });
    call.on('timeout', () => call.destroy());
    call.on('error', () => resolve(undefined));
    call.end();
  });
}

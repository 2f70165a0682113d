import { INTERRUPTED, TERMINATED } from './errors/coded.ts';

/** The part of a process that signals come through. */
export interface SignalSource {
  on(signal: 'SIGINT' | 'SIGTERM' | 'SIGHUP', listener: () => void): unknown;
  off(signal: 'SIGINT' | 'SIGTERM' | 'SIGHUP', listener: () => void): unknown;
  exit(code: number): never;
}

/** Why an abort signal fired, with the exit code that goes with it. */
export class Interruption extends Error {
  override readonly name = 'AbortError';
  readonly exitCode: number;

  constructor(exitCode: number) {
    super('Interrupted');
    this.exitCode = exitCode;
  }
}

/**
 * An abort signal for Ctrl-C (SIGINT), SIGTERM and SIGHUP. The first asks everything to stop and clean up after
 * itself; a second one, for those who do not want to wait, ends the process at once.
 */
export function interruptible(source: SignalSource): { signal: AbortSignal; done: () => void } {
  const controller = new AbortController();
  const interrupt = (exitCode: number) => () => {
    if (controller.signal.aborted) source.exit(exitCode);
    controller.abort(new Interruption(exitCode));
  };
  const listeners = [
    ['SIGINT', interrupt(INTERRUPTED)],
    ['SIGTERM', interrupt(TERMINATED)],
    ['SIGHUP', interrupt(TERMINATED)],
  ] as const;
  for (const [name, listener] of listeners) source.on(name, listener);
  const done = () => {
    for (const [name, listener] of listeners) source.off(name, listener);
  };
  return { signal: controller.signal, done };
}

/** The exit code that goes with an aborted signal. */
export function interruptedCode({ reason }: AbortSignal): number {
  return (reason as { exitCode?: number } | undefined)?.exitCode ?? INTERRUPTED;
}

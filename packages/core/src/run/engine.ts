import type { EngineName, EngineProbe, RunContext } from './types.ts';
import type { LayoutImage } from './layout-image.ts';

/** What an engine is asked to start. */
export interface StartRequest {
  readonly image: LayoutImage;
  /** A free port on the host's loopback. */
  readonly port: number;
  readonly env: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
  readonly onLine: (stream: 'stdout' | 'stderr', line: string) => void;
  readonly cx: RunContext;
}

/** A container as its engine sees it. */
export interface Started {
  /** The exit code. */
  readonly exited: Promise<number>;
  /** SIGTERM to the container's first process. */
  terminate(): Promise<void>;
  /** SIGKILL to all of it. */
  kill(): Promise<void>;
  /** Removes what is left of it; called once, after `exited`. */
  remove(): Promise<void>;
}

/** One way to run an image. */
export interface Engine {
  readonly name: EngineName;
  probe(cx: RunContext, signal: AbortSignal): Promise<EngineProbe>;
  /** Throws MLC8003 when nothing was started; leaves nothing behind then. */
  start(request: StartRequest): Promise<Started>;
}

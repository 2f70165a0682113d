import type { Host, Platform, Ports } from '@mlcontainer/plugin-kit';

/** What can run an image, best first. */
export const ENGINE_NAMES = ['docker', 'podman', 'crun', 'runc', 'userns', 'chroot'] as const;
/** A way to start an image on this machine. */
export type EngineName = (typeof ENGINE_NAMES)[number];

/** Which image to run, and how. */
export interface RunOptions {
  /** The OCI image layout: a folder, or an archive of one. */
  readonly layout: string;
  readonly platform: Platform;
  /** The first that works when left out. */
  readonly engine?: EngineName;
  /** Port on the host's loopback; another is taken, and said, when it is 0 or taken. */
  readonly port: number;
  /** Added to the image's environment. */
  readonly env?: Readonly<Record<string, string>>;
  /** Stops the container and removes every trace of it. */
  readonly signal: AbortSignal;
}

/** What running needs of the outside. */
export interface RunContext {
  readonly ports: Ports;
  readonly host: Host;
  /** The environment of this process, for the engines' own programs. */
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** A container that was started. */
export interface RunningContainer {
  readonly engine: EngineName;
  /** `http://127.0.0.1:8080` */
  readonly url: string;
  /** Resolves when `/v2/health/ready` answers 200; rejects with MLC8004 when the container ends before that. */
  readonly ready: Promise<void>;
  /** The exit code, once everything of the container is gone. */
  readonly exited: Promise<number>;
  /** SIGTERM, SIGKILL after 10 s; resolves when everything of the container is gone. */
  stop(): Promise<void>;
}

/** Whether an engine works here, and why not. */
export interface EngineProbe {
  readonly engine: EngineName;
  readonly works: boolean;
  /** For people: a version, or what is missing. */
  readonly detail: string;
}

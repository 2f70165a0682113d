/** A stream of bytes; ends early when the consumer returns. */
export type ByteStream = AsyncIterable<Uint8Array>;

/** The effects that the stages need, handed in from outside. */
export interface Ports {
  readonly http: HttpPort;
  readonly exec: ExecPort;
  readonly store: StorePort;
  readonly clock: ClockPort;
}

/** One request; every attempt sends the same. */
export interface HttpRequest {
  /** `http:`, `https:` or `file:`. User name and password in it become an Authorization header for that origin alone. */
  readonly url: string;
  readonly method?: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly headers?: Readonly<Record<string, string>>;
  /** A function, so that a retry sends the whole body again. */
  readonly body?: Uint8Array | (() => ByteStream);
  /** For people and the egress list: `wheel index`, `Debian mirror`. */
  readonly purpose: string;
  /** PEM files trusted besides the system's. */
  readonly caFile?: string | undefined;
  /** What this machine shows of itself (mutual TLS); PEM files. */
  readonly clientCert?: { readonly certFile: string; readonly keyFile: string } | undefined;
  /** The server's certificate is not verified: only where the user said so for that very host. */
  readonly insecure?: boolean | undefined;
  /** A proxy that the user named for this, where the environment names none; NO_PROXY counts as well. May hold credentials. */
  readonly proxy?: string | undefined;
  /** With `manual`, an answer of 3xx is given as it is; `follow` when left out. */
  readonly redirect?: 'follow' | 'manual';
  /**
   * The address whose server named this one (Location, realm, Link). As with a redirect, it may not lead from https to
   * http nor into a more private network; MLC7007.
   */
  readonly namedBy?: string;
  /** Whether it may be sent again although the server may have acted on it; decided by the method when left out. */
  readonly repeatable?: boolean;
  /** False: netrc is not asked for a credential. */
  readonly netrc?: boolean;
  readonly signal: AbortSignal;
}

/** An answer of any status; the body is read as it comes. */
export interface HttpResponse {
  readonly status: number;
  /** The address that answered, after redirects; without credentials. */
  readonly url: string;
  header(name: string): string | undefined;
  /** Read it or cancel it; resumes by itself after a broken transfer where the server can. */
  readonly body: ByteStream;
  cancel(): Promise<void>;
}

/** One HTTP layer for everything: proxies, CA, netrc, retries, egress list. Throws MLC7xxx errors when no answer came. */
export interface HttpPort {
  request(request: HttpRequest): Promise<HttpResponse>;
}

/** One program to start. */
export interface ExecRequest {
  readonly command: string;
  readonly args: readonly string[];
  /** The whole environment; nothing is inherited when it is given. */
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** Empty when left out. */
  readonly stdin?: Uint8Array | ByteStream;
  readonly signal: AbortSignal;
}

/** What a program left when it ended. */
export interface ExecResult {
  readonly code: number;
  readonly stdout: Uint8Array;
  /** UTF-8, the last 64 KiB. */
  readonly stderr: string;
}

/** A program that is started and then lives on. */
export interface SpawnRequest extends Omit<ExecRequest, 'stdin'> {
  /** Standard input, as a stream; empty when left out. */
  readonly input?: ByteStream;
  /** Called with every line, without its end, in order. */
  readonly onLine?: (stream: 'stdout' | 'stderr', line: string) => void;
}

/** A program that was started by `spawn`. */
export interface SpawnedProgram {
  /** The exit code, 128 + signal number where a signal ended it; after the last line. Rejects when the input stream failed. */
  readonly exited: Promise<number>;
  /** To the program alone, or to it and all that it started. Nothing happens when it is gone. */
  kill(signal: 'SIGTERM' | 'SIGKILL', whom: 'program' | 'group'): void;
}

/** Programs of the host. */
export interface ExecPort {
  /** Runs to the end and gives the exit code, also when it is not 0. Throws MLC7xxx when the program cannot start. */
  run(request: ExecRequest): Promise<ExecResult>;
  /** Standard output as it comes; the stream throws when the exit code is not 0. */
  stream(request: ExecRequest): ByteStream;
  /**
   * Starts a program and comes back as soon as it runs; aborting ends it. It leads its own process group, so that
   * Ctrl-C in a terminal reaches the caller alone. Throws MLC7xxx when the program cannot start.
   */
  spawn(request: SpawnRequest): Promise<SpawnedProgram>;
  /** The path of a program on PATH. */
  which(name: string): Promise<string | undefined>;
}

/** The content-addressed cache on disk: crash-safe, shared by processes, a damaged entry is a miss. */
export interface StorePort {
  /** Path of a verified blob, for random access; read it, never write it. Undefined where it is not held. */
  path(sha256: string): Promise<string | undefined>;
  /** Streams into the store while hashing. A wrong hash or a larger size throws MLC7xxx and leaves nothing. */
  put(source: ByteStream, expect?: StoreExpectation): Promise<StoredBlob>;
  /** A small JSON record; undefined where it is missing or damaged. */
  readRecord(kind: string, key: string): Promise<unknown>;
  writeRecord(kind: string, key: string, value: unknown): Promise<void>;
  /** A folder built once under its key and then read-only: `build` fills a temporary folder that is renamed into place. */
  folder(kind: string, key: string, build: (folder: string) => Promise<void>): Promise<string>;
  /** Runs with a fresh folder on the store's file system and removes it afterwards. */
  withTemp<T>(use: (folder: string) => Promise<T>): Promise<T>;
  /** Waits until what was given back `early` is on the disk; a store that does no such thing lacks it. */
  settle?(): Promise<void>;
}

/** What a blob must be; sizes in bytes, the hash in hex. */
export interface StoreExpectation {
  readonly sha256?: string;
  readonly size?: number;
  /** Refuse more bytes than this. */
  readonly limit?: number;
  /** For messages: `numpy-2.4.0-….whl`. */
  readonly name?: string;
  /** A small blob may be given back before it would outlast a power cut; whoever asks for it calls `settle` in the end. */
  readonly early?: boolean;
}

/** A blob that the store holds; size in bytes. */
export interface StoredBlob {
  /** Hex. */
  readonly sha256: string;
  readonly size: number;
  readonly path: string;
}

/** Time, handed in so that a test may hold it. */
export interface ClockPort {
  /** Wall clock; only for freshness checks, never for bytes. */
  now(): Date;
  /** Milliseconds from an arbitrary start. */
  monotonic(): number;
  sleep(milliseconds: number, signal: AbortSignal): Promise<void>;
}

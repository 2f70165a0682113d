import { createStore } from '@mlcontainer/node-ports';
import {
  mlcError,
  type ByteStream,
  type ExecPort,
  type ExecRequest,
  type ExecResult,
  type HttpPort,
  type HttpRequest,
  type HttpResponse,
  type Ports,
  type SpawnedProgram,
  type SpawnRequest,
} from '@mlcontainer/plugin-kit';

import { fakeClock, type FakeClock } from './clock.ts';

/** What a scripted server answers; 200 and no header where left out. */
export interface FakeAnswer {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
}

/** What the doubles answer. */
export interface FakePortsOptions {
  /** A folder for the store, which is the real one; a `tempProject` will do. */
  readonly root: string;
  /** Address → answer; everything else is a 404. */
  readonly routes?: Readonly<Record<string, FakeAnswer | ((request: HttpRequest) => FakeAnswer)>>;
  /** Program name → what it does; everything else cannot be started (MLC7020). */
  readonly programs?: Readonly<Record<string, (request: ExecRequest) => Partial<ExecResult>>>;
  readonly now?: Date;
}

/** Ports for a test: a scripted network, scripted programs, a clock that does not wait, and the real store. */
export interface FakePorts extends Ports {
  readonly clock: FakeClock;
  /** Every request and every program, in order: `GET https://…`, `uv pip compile`. */
  readonly calls: readonly string[];
}

/** Makes ports that reach nothing outside their folder. */
export function fakePorts(options: FakePortsOptions): FakePorts {
  const calls: string[] = [];
  return {
    calls,
    http: fakeHttp(options.routes ?? {}, calls),
    exec: fakeExec(options.programs ?? {}, calls),
    store: createStore({ root: options.root }),
    clock: fakeClock(options.now),
  };
}

function fakeHttp(routes: NonNullable<FakePortsOptions['routes']>, calls: string[]): HttpPort {
  return {
    request: async (request) => {
      request.signal.throwIfAborted();
      calls.push(`${request.method ?? 'GET'} ${request.url}`);
      const route = Object.hasOwn(routes, request.url) ? routes[request.url] : undefined;
      const answer = typeof route === 'function' ? route(request) : route;
      return toResponse(request.url, answer ?? { status: 404 });
    },
  };
}

function toResponse(url: string, answer: FakeAnswer): HttpResponse {
  const bytes = Buffer.from(answer.body ?? '');
  const headers = new Headers({ 'content-length': String(bytes.byteLength), ...answer.headers });
  return {
    status: answer.status ?? 200,
    url,
    header: (name) => headers.get(name) ?? undefined,
    body: streamOf(bytes),
    cancel: () => Promise.resolve(),
  };
}

async function* streamOf(bytes: Uint8Array): ByteStream {
  if (bytes.byteLength > 0) yield bytes;
}

function fakeExec(programs: NonNullable<FakePortsOptions['programs']>, calls: string[]): ExecPort {
  const has = (name: string): boolean => Object.hasOwn(programs, name);
  const run = async (request: ExecRequest): Promise<ExecResult> => {
    request.signal.throwIfAborted();
    calls.push([request.command, ...request.args].join(' '));
    const program = has(request.command) ? programs[request.command] : undefined;
    if (program === undefined)
      throw mlcError('MLC7020', { command: request.command, detail: 'ENOENT' });
    return { code: 0, stdout: new Uint8Array(), stderr: '', ...program(request) };
  };
  return {
    run,
    stream: (request) => streamProgram(request, run),
    spawn: (request) => spawnProgram(request, run),
    which: async (name) => (has(name) ? `/usr/bin/${name}` : undefined),
  };
}

type Run = (request: ExecRequest) => Promise<ExecResult>;

async function* streamProgram(request: ExecRequest, run: Run): ByteStream {
  const { code, stdout, stderr } = await run(request);
  yield* streamOf(stdout);
  if (code !== 0) throw mlcError('MLC7021', { command: request.command, exit: code, stderr });
}

/** The scripted program ends at once; its lines come before its exit code. */
async function spawnProgram(request: SpawnRequest, run: Run): Promise<SpawnedProgram> {
  const { input: _input, onLine, ...rest } = request;
  const { code, stdout, stderr } = await run(rest);
  for (const line of linesOf(Buffer.from(stdout).toString())) onLine?.('stdout', line);
  for (const line of linesOf(stderr)) onLine?.('stderr', line);
  return { exited: Promise.resolve(code), kill: () => undefined };
}

function linesOf(text: string): readonly string[] {
  const lines = text.split('\n');
  return lines.at(-1) === '' ? lines.slice(0, -1) : lines;
}

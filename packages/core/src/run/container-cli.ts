import { randomBytes } from 'node:crypto';
import { mlcError } from '@mlcontainer/plugin-kit';
import { dockerArchive } from './docker-archive.ts';
import type { Engine, StartRequest, Started } from './engine.ts';
import { LOOPBACK } from './port.ts';
import { hostEnv, lastLine, neverAborted, tryRun } from './programs.ts';
import type { RunContext } from './types.ts';

type Cli = 'docker' | 'podman';

/** docker or podman, which share their command line. */
export function containerCli(name: Cli): Engine {
  return {
    name,
    probe: async (cx, signal) => {
      const format = name === 'docker' ? '{{.ServerVersion}}' : '{{.Version.Version}}';
      const found = await tryRun(cx, signal, name, ['info', '--format', format]);
      if (found === undefined) return { engine: name, works: false, detail: 'not installed' };
      // Without a daemon, docker info may end with 0 and an empty version.
      const works = found.code === 0 && found.out !== '';
      return { engine: name, works, detail: works ? found.out : lastLine(found.err) };
    },
    start: (request) => start(name, request),
  };
}

async function start(name: Cli, request: StartRequest): Promise<Started> {
  const cli = commandLine(name, request.cx);
  const tag = `mlcontainer.local/run:${request.image.digest.slice(7, 23)}`;
  const known = await cli.run(['image', 'inspect', tag], request.signal);
  const owned = known.code !== 0;
  try {
    if (owned) await load(name, tag, request);
    return await startContainer(cli, tag, owned, request);
  } catch (error) {
    if (owned) await cli.run(['rmi', '--force', tag], neverAborted());
    throw error;
  }
}

/** Streams the image into the engine's store, which the layout is never copied for. */
async function load(name: Cli, tag: string, request: StartRequest): Promise<void> {
  const { cx, image, signal } = request;
  const said: string[] = [];
  const program = await cx.ports.exec.spawn({
    command: name,
    args: ['load', '--quiet'],
    env: hostEnv(cx),
    input: dockerArchive(image, tag, signal),
    signal,
    onLine: (_stream, line) => said.push(line),
  });
  const code = await program.exited;
  signal.throwIfAborted();
  if (code !== 0) throw failed(name, 'load the image', said.at(-1) ?? `exit code ${code}`);
}

interface CommandLine {
  readonly name: Cli;
  run(
    args: readonly string[],
    signal: AbortSignal,
  ): Promise<{ code: number; out: string; err: string }>;
}

function commandLine(name: Cli, cx: RunContext): CommandLine {
  const run: CommandLine['run'] = async (args, signal) => {
    const result = await tryRun(cx, signal, name, args);
    return result ?? { code: 127, out: '', err: 'it is gone' };
  };
  return { name, run };
}

/** Bridge networking first; a daemon without a bridge still has the host's network. */
async function startContainer(
  cli: CommandLine,
  tag: string,
  owned: boolean,
  request: StartRequest,
): Promise<Started> {
  const container = `mlcontainer-${randomBytes(6).toString('hex')}`;
  let reason = '';
  try {
    for (const network of ['bridge', 'host'] as const) {
      const args = createArgs(cli.name, container, tag, network, request);
      const failure = await tryStart(cli, container, args, network, request.signal);
      if (failure === undefined)
        return await attached(cli, container, owned ? tag : undefined, request);
      reason = failure;
      await removeContainer(cli, container);
    }
  } catch (error) {
    await removeContainer(cli, container);
    throw error;
  }
  throw failed(cli.name, 'start the container', reason);
}

/** Why a container did not start, undefined when it did. */
async function tryStart(
  cli: CommandLine,
  container: string,
  createArguments: readonly string[],
  network: 'bridge' | 'host',
  signal: AbortSignal,
): Promise<string | undefined> {
  const created = await cli.run(createArguments, signal);
  const started = created.code === 0 ? await cli.run(['start', container], signal) : created;
  if (started.code !== 0) return lastLine(started.err);
  if (network === 'host') return undefined;
  // Without a bridge, docker starts the container all the same, and nothing reaches it. One that ended already
  // has no ports either; its exit is the news then.
  const format = '{{.State.Status}} {{json .NetworkSettings.Ports}}';
  const { out } = await cli.run(['inspect', '--format', format, container], signal);
  return out.startsWith('running') && !out.includes('HostPort') ? 'no network' : undefined;
}

function createArgs(
  name: Cli,
  container: string,
  tag: string,
  network: 'bridge' | 'host',
  { port, env, image }: StartRequest,
): string[] {
  const inside = containerPort(image.config.config?.ExposedPorts, env);
  const host = { PORT: String(port), MLCONTAINER_HOST: LOOPBACK };
  const variables = network === 'host' ? { ...env, ...host } : { ...env, PORT: String(inside) };
  const publish = ['--publish', `${LOOPBACK}:${port}:${inside}`];
  return [
    ...['create', '--pull', 'never', '--name', container, '--label', 'dev.mlcontainer.run=1'],
    ...['--read-only', '--tmpfs', '/tmp', '--cap-drop', 'ALL'],
    ...['--security-opt', 'no-new-privileges'],
    ...['--log-driver', name === 'docker' ? 'json-file' : 'k8s-file'],
    ...(network === 'host' ? ['--network', 'host'] : publish),
    ...Object.entries(variables).flatMap(([key, value]) => ['--env', `${key}=${value}`]),
    tag,
  ];
}

/** The port inside a container's own network: the one asked for, the image's first, or 8080. */
function containerPort(
  exposed: Readonly<Record<string, unknown>> | undefined,
  env: Readonly<Record<string, string>>,
): number {
  const first = Object.keys(exposed ?? {})[0];
  return Number(env['PORT'] ?? first?.split('/')[0] ?? 8080);
}

/** Follows the logs of a container that runs; its exit code comes from `wait`. */
async function attached(
  cli: CommandLine,
  container: string,
  tag: string | undefined,
  { cx, onLine }: StartRequest,
): Promise<Started> {
  const never = neverAborted();
  const exit = cli.run(['wait', container], never);
  const logs = await cx.ports.exec.spawn({
    command: cli.name,
    args: ['logs', '--follow', container],
    env: hostEnv(cx),
    signal: never,
    onLine,
  });
  const exited = exit.then(async ({ code, out }) => {
    await logs.exited;
    return code === 0 ? Number(out) : 128;
  });
  const send = async (signal: string): Promise<void> => {
    await cli.run(['kill', '--signal', signal, container], never);
  };
  return {
    exited,
    terminate: () => send('SIGTERM'),
    kill: () => send('SIGKILL'),
    remove: async () => {
      await removeContainer(cli, container);
      if (tag !== undefined) await cli.run(['rmi', '--force', tag], never);
    },
  };
}

async function removeContainer(cli: CommandLine, container: string): Promise<void> {
  await cli.run(['rm', '--force', '--volumes', container], neverAborted());
}

function failed(engine: string, step: string, detail: string): Error {
  return mlcError('MLC8003', { engine, step, detail });
}

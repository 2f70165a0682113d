import { setTimeout as sleep } from 'node:timers/promises';
import { capture, freePort, output } from '@mlcontainer/tools';

/** A container of the image under test, on the host's network. */
export interface Container {
  readonly id: string;
  readonly url: string;
  logs(): Promise<string>;
  /** Sends SIGTERM and gives the exit code. */
  stop(): Promise<number>;
  remove(): Promise<void>;
}

/** What a locked-down cluster sets for every container. */
const LOCKED_DOWN = [
  '--read-only',
  '--user=65532:65532',
  '--cap-drop=ALL',
  '--security-opt=no-new-privileges',
  '--network=host',
];

/** Loads a docker archive and gives the image's ID. */
export async function dockerLoad(archive: string): Promise<string> {
  const said = await output('docker', ['load', '--quiet', '--input', archive]);
  const name = /Loaded image(?: ID)?: (\S+)/.exec(said)?.[1];
  if (!name) throw new Error(`docker load named no image: ${said}`);
  return (await output('docker', ['image', 'inspect', '--format', '{{.Id}}', name])).trim();
}

/** Starts the server of an image as a locked-down cluster would, and waits until it is ready. */
export async function startContainer(
  image: string,
  flags: readonly string[] = [],
): Promise<Container> {
  const port = await freePort();
  const args = ['run', '--detach', ...LOCKED_DOWN, `--env=PORT=${port}`, ...flags, image];
  const id = (await output('docker', args)).trim();
  const container = containerOf(id, `http://127.0.0.1:${port}`);
  await waitUntilReady(container);
  return container;
}

function containerOf(id: string, url: string): Container {
  return {
    id,
    url,
    logs: async () => {
      const { stdout, stderr } = await capture('docker', ['logs', id]);
      return stdout + stderr;
    },
    stop: async () => {
      await output('docker', ['stop', '--time=30', id]);
      return Number(await output('docker', ['inspect', '--format', '{{.State.ExitCode}}', id]));
    },
    remove: async () => void (await capture('docker', ['rm', '--force', '--volumes', id])),
  };
}

async function waitUntilReady(container: Container): Promise<void> {
  const until = Date.now() + 60_000;
  while (Date.now() < until) {
    const response = await fetch(`${container.url}/v2/health/ready`).catch(() => undefined);
    if (response?.ok) return;
    await sleep(50);
  }
  const logs = await container.logs();
  await container.remove();
  throw new Error(`The container was not ready after 60 s. It logged:\n${logs}`);
}

/** Runs Python in an image as a locked-down cluster would, and gives its standard output. */
export async function pythonInside(image: string, script: string): Promise<string> {
  const args = [
    'run',
    '--rm',
    '--interactive',
    ...LOCKED_DOWN,
    '--entrypoint=/usr/bin/python3',
    image,
    '-',
  ];
  return await output('docker', args, { input: script });
}

import { createReadStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { blobPath, decompress, type Descriptor, type Digest } from '@mlcontainer/oci';
import { mlcError, type ByteStream, type Platform } from '@mlcontainer/plugin-kit';
import { readChanges } from './changes.ts';
import type { Confinement, Rights } from './confine.ts';
import { diffEntries, type Diff, type DiffOptions } from './entries.ts';
import { stepError } from './failure.ts';
import { flatten } from './flatten.ts';
import { preparePush, writeInput, type Container } from './input.ts';
import { readLower, type LowerLayer, type LowerTree } from './lower.ts';
import type { BuildahContext } from './programs.ts';
import { openSession, type Session, type StorageDriver } from './session.ts';

/** A file or folder of the host that a step may read. */
export interface Mount {
  /** On the host, absolute. */
  readonly source: string;
  /** In the container, absolute; below `/run/mlcontainer` it leaves no trace. */
  readonly target: string;
}

/** Commands to run on top of layers. */
export interface StepRequest extends DiffOptions {
  /** For messages: `user/run-1`. */
  readonly name: string;
  /** The lowest first. */
  readonly layers: readonly LowerLayer[];
  readonly platform: Platform;
  /** Each one as its arguments; one after the other, until one fails. */
  readonly commands: readonly (readonly string[])[];
  /** Besides `STEP_ENV`, which it may override. */
  readonly env: Readonly<Record<string, string>>;
  readonly network: 'none' | 'declared';
  readonly mounts?: readonly Mount[];
  /** `uid:gid`; root when left out. */
  readonly user?: string;
}

/** How buildah works here, from a probe. */
export interface BuildahWay {
  readonly rights: Rights;
  readonly driver: StorageDriver;
}

/** What running a step takes. */
export interface StepContext extends BuildahContext {
  readonly way: BuildahWay;
  /** What the commands print, line by line. */
  readonly onLine?: (line: string) => void;
}

/**
 * What every step sees: no name, zone or hash seed of this machine, and a time for tools that would write the
 * present one (reproducible-builds.org, SOURCE_DATE_EPOCH; 1980, because zip knows no year before).
 */
export const STEP_ENV: Readonly<Record<string, string>> = {
  PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
  HOME: '/root',
  HOSTNAME: 'localhost',
  LANG: 'C.UTF-8',
  TZ: 'UTC',
  SOURCE_DATE_EPOCH: '315532800',
  PYTHONDONTWRITEBYTECODE: '1',
  PYTHONHASHSEED: '0',
};

const CONTAINER = 'step';
const IMAGE = 'mlcontainer/step:latest';

/**
 * Runs commands with buildah in a root filesystem made of layers, and hands what they changed to `use`; when that is
 * done, everything is removed, also after a failure or an abort. The commands see no network unless it is declared.
 *
 * Throws MLC8504 and MLC8505 (a command failed), MLC8506 (buildah failed), MLC6013 (a device among the changes).
 */
export function runSteps<T>(
  request: StepRequest,
  cx: StepContext,
  use: (diff: Diff) => Promise<T>,
): Promise<T> {
  return cx.ports.store.withTemp(async (folder) => {
    const session = await openSession({ folder, ...cx.way }, cx);
    try {
      const lower = readLower(request.layers, cx.signal);
      // Whoever waits for it sees the failure; it must not count as unhandled before that.
      lower.catch(() => undefined);
      const container = await containerOf(session, request, lower, cx);
      await startContainer(session, container, request.network);
      for (const command of request.commands) await runCommand(session, command, request, cx);
      const tar = await takeLayer(session, container);
      const changes = await readChanges(tar, join(folder, 'changes.tar'), cx.signal);
      return await use(await diffEntries(changes, await lower, request));
    } finally {
      await session.clear();
    }
  });
}

/** The layers as they are, or as one where storage would copy the whole tree for each. */
async function containerOf(
  session: Session,
  { layers, platform, env }: StepRequest,
  lower: Promise<LowerTree>,
  { way, signal }: StepContext,
): Promise<Container> {
  const container = { layers, platform, env: { ...STEP_ENV, ...env } };
  if (way.driver !== 'vfs' || layers.length < 2) return container;
  const flat = join(session.folder, 'flat.tar');
  return { ...container, layers: [await flatten(layers, await lower, flat, signal)] };
}

async function startContainer(
  session: Session,
  container: Container,
  network: StepRequest['network'],
): Promise<void> {
  await writeInput(join(session.folder, 'in'), container);
  const hermetic = network === 'none' ? ['--dns', 'none', '--http-proxy=false'] : [];
  await session.call([
    ...['from', '--quiet', '--signature-policy', 'policy.json', '--name', CONTAINER],
    ...['--arch', container.platform.architecture, ...hermetic, 'oci:in'],
  ]);
}

async function runCommand(
  session: Session,
  command: readonly string[],
  request: StepRequest,
  { onLine }: StepContext,
): Promise<void> {
  const { name, mounts = [], user = '0:0' } = request;
  const network: Confinement['network'] = request.network === 'none' ? 'none' : 'host';
  const lines: string[] = [];
  const args = [
    ...['run', '--isolation', 'chroot', '--network', 'host', '--hostname', 'localhost'],
    ...['--no-hosts', '--user', user, '--workingdir', '/'],
    ...mounts.flatMap(({ source, target }) => ['--volume', `${source}:${target}:ro`]),
    ...[CONTAINER, '--', ...command],
  ];
  const exit = await session.follow(args, network, (line) => {
    onLine?.(line);
    lines.push(line);
    if (lines.length > 200) lines.splice(0, 100);
  });
  if (exit !== 0) throw stepError({ name, command, exit, lines, network: request.network });
}

/** The container's own layer, out of an OCI layout that buildah writes. */
async function takeLayer(session: Session, container: Container): Promise<ByteStream> {
  const policy = ['--signature-policy', 'policy.json'];
  const out = join(session.folder, 'out');
  await session.call(['commit', '--quiet', ...policy, '--timestamp', '0', CONTAINER, IMAGE]);
  await preparePush(out, container);
  await session.call(['push', '--quiet', ...policy, IMAGE, 'oci:out:latest']);
  const { manifests } = await readJson<{ manifests: readonly Descriptor[] }>(out, 'index.json');
  const { layers } = await readBlob(out, manifests[0]);
  const layer = layers.at(-1);
  if (layer === undefined || layers.length !== container.layers.length + 1) {
    const detail = `${layers.length} layers where ${container.layers.length + 1} were expected`;
    throw mlcError('MLC8506', { phase: 'push', exit: 0, detail });
  }
  const file = createReadStream(join(out, blobPath(layer.digest)), { highWaterMark: 1 << 18 });
  return decompress(file as ByteStream, layer.mediaType);
}

async function readBlob(
  folder: string,
  descriptor: { readonly digest: Digest } | undefined,
): Promise<{ readonly layers: readonly Descriptor[] }> {
  if (descriptor !== undefined) return readJson(folder, blobPath(descriptor.digest));
  throw mlcError('MLC8506', { phase: 'push', exit: 0, detail: 'it wrote no image' });
}

async function readJson<T>(folder: string, name: string): Promise<T> {
  return JSON.parse(await readFile(join(folder, name), 'utf8')) as T;
}

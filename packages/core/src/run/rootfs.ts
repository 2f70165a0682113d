import { chmodSync, closeSync, mkdirSync, openSync } from 'node:fs';
import { join } from 'node:path';
import type { StorePort } from '@mlcontainer/plugin-kit';
import type { StartRequest } from './engine.ts';
import { createResolver } from './resolve-path.ts';
import { startSpec, type StartSpec } from './start-spec.ts';
import { unpackLayers } from './unpack.ts';

/** An unpacked image in a temporary folder. */
export interface Rootfs {
  /** Holds the root, and whatever else an engine puts beside it. */
  readonly folder: string;
  readonly root: string;
  readonly spec: StartSpec;
  /** Removes the folder. */
  release(): Promise<void>;
}

/** What engines mount over; the root is read-only by then. */
const FOLDERS = ['proc', 'sys', 'dev', 'dev/shm', 'tmp'];
export const DEVICES = ['null', 'zero', 'full', 'random', 'urandom'];

function makeMountPoints(root: string): void {
  const resolver = createResolver(root);
  for (const name of FOLDERS) resolver.folder(name);
  // runc gives a tmpfs the mode of the folder below it, and a plain chroot has nothing else.
  for (const name of ['tmp', 'dev/shm']) chmodSync(resolver.folder(name), 0o1777);
  for (const name of DEVICES) closeSync(openSync(resolver.entry(`dev/${name}`), 'a'));
}

/**
 * Unpacks an image for an engine without a daemon; it shares the host's network, so the server is told to listen on
 * the loopback port.
 */
export async function unpackRootfs(request: StartRequest): Promise<Rootfs> {
  const { image, cx, signal, port, env } = request;
  const { folder, release } = await holdTemp(cx.ports.store);
  try {
    const root = join(folder, 'rootfs');
    mkdirSync(root);
    chmodSync(root, 0o755);
    await unpackLayers(image.layout, image.layers, root, signal);
    makeMountPoints(root);
    const own = { ...env, PORT: String(port), MLCONTAINER_HOST: '127.0.0.1' };
    return { folder, root, spec: await startSpec(image, root, own), release };
  } catch (error) {
    await release();
    throw error;
  }
}

/** A temporary folder of the store, kept until it is released. */
async function holdTemp(
  store: StorePort,
): Promise<{ folder: string; release: () => Promise<void> }> {
  const released = Promise.withResolvers<undefined>();
  const given = Promise.withResolvers<string>();
  const gone = store.withTemp(async (folder) => {
    given.resolve(folder);
    await released.promise;
  });
  gone.catch((error: unknown) => given.reject(error as Error));
  return {
    folder: await given.promise,
    release: async () => {
      released.resolve(undefined);
      await gone;
    },
  };
}

import {
  mlcError,
  type ImageBase,
  type PinnedBase,
  type PlannedImageBase,
  type Platform,
} from '@mlcontainer/plugin-kit';
import type { EngineContext } from '../context.ts';
import { hostArchitecture } from '../inputs/interpreter.ts';
import { readLock } from '../lock/file.ts';
import { baseRequest } from '../lock/requests.ts';
import { openRepository } from '../registry/client.ts';
import { BASE_RULES } from './facts.ts';
import { readLayers } from './inspect.ts';
import { findBase } from './pin.ts';
import { baseSource, type BaseSource } from './source.ts';

/** How much of an existing lock the plan is made from. */
export interface PinOptions {
  /** Look the base up anew, whatever the lock says. */
  readonly update?: boolean;
}

/** The base of a plan as this machine reaches it; nothing is asked before a blob is missing. */
export function sourceOf(cx: EngineContext, base: ImageBase): BaseSource {
  return baseSource(base.reference, (repository) => openRepository(cx, repository));
}

/**
 * Pins a base image: what the lock says of it, as long as the config asks for the same; otherwise what the registry
 * has today, with its layers read. So everything that depends on the base is decided before anything is built.
 */
export async function pinBase(
  cx: EngineContext,
  base: ImageBase,
  platforms: readonly Platform[],
  root: string,
  options: PinOptions = {},
): Promise<PlannedImageBase> {
  const locked = options.update === true ? undefined : await lockedBase(base, platforms, root);
  const images = locked ?? (await freshBase(cx, sourceOf(cx, base), platforms));
  checkAlike(base, images);
  return { kind: 'image', reference: base.reference, images };
}

async function lockedBase(
  base: ImageBase,
  platforms: readonly Platform[],
  root: string,
): Promise<readonly PinnedBase[] | undefined> {
  const lock = await readLock(root);
  if (lock?.bases === undefined || lock.requests.base !== baseRequest(base, platforms))
    return undefined;
  return lock.bases.every(({ facts }) => facts.rules === BASE_RULES) ? lock.bases : undefined;
}

async function freshBase(
  cx: EngineContext,
  source: BaseSource,
  platforms: readonly Platform[],
): Promise<readonly PinnedBase[]> {
  const images: Omit<PinnedBase, 'compiles'>[] = [];
  for (const found of await findBase(cx, source, platforms)) {
    const { platform, manifest, config } = found;
    images.push({ platform, manifest, config, ...(await readLayers(cx, source, found)) });
  }
  const host = images.find(({ platform }) => platform.architecture === hostArchitecture());
  const version = host?.facts.python.version;
  return images.map((image) => ({ ...image, compiles: image.facts.python.version === version }));
}

/** One plan has one Python and one entrypoint. */
function checkAlike({ reference }: ImageBase, images: readonly PinnedBase[]): void {
  const [first] = images;
  if (first === undefined) throw mlcError('MLC6712', { reference });
  const same = (what: string, of: (image: PinnedBase) => string): void => {
    const values = [...new Set(images.map(of))];
    if (values.length > 1) throw mlcError('MLC6707', { reference, what, values });
  };
  same('the version of Python', ({ facts }) => facts.python.version.replace(/\.\d+$/, ''));
  same('the path of Python', ({ facts }) => facts.python.executable);
}

import path from 'node:path';
import type { Plan } from '@mlcontainer/plugin-kit';
import type { EngineContext } from '../context.ts';
import { fetchDebs, mirrorsOf } from '../inputs/debian.ts';
import type { LockedInput } from '../inputs/input.ts';
import { fetchWheels, settingsOf } from '../inputs/wheels.ts';
import { inputsOf } from '../layers/prepare.ts';
import type { Lock } from '../lock/types.ts';

/** An input with its place in the store. */
export interface HeldInput extends LockedInput {
  readonly kind: 'deb' | 'wheel' | 'base';
  readonly path: string;
}

/** Every input that the lock names, fetched where the store lacks it; each once, by file name. */
export async function haveAllInputs(
  cx: EngineContext,
  plan: Plan,
  lock: Lock,
  root: string,
): Promise<readonly HeldInput[]> {
  const mirrors = await mirrorsOf(cx, plan);
  const settings = await settingsOf(cx);
  const debs = [...lock.debian, ...lock.tools, ...(lock.steps ?? [])].map(async (set) => {
    const fetched = await fetchDebs(cx, set, set.packages, mirrors);
    return fetched.map(({ deb, path: held }): HeldInput => ({
      ...{ kind: 'deb', name: path.posix.basename(deb.file), path: held },
      ...{ sha256: deb.sha256, size: deb.size },
    }));
  });
  const { compiled } = inputsOf(cx, plan, lock, root, new Map());
  const wheels = lock.python.map(async (set) => {
    const fetched = await fetchWheels(cx, set.packages, settings, compiled);
    return fetched.map(({ wheel, path: held }): HeldInput => ({
      ...{ kind: 'wheel', name: wheel.file, path: held },
      ...{ sha256: wheel.sha256, size: wheel.size },
    }));
  });
  const all = (await Promise.all([...debs, ...wheels, baseInputs(cx, plan)])).flat();
  const unique = new Map(all.map((input) => [input.sha256, input]));
  return [...unique.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** Layers and configuration of a base image; its manifest is in the lock. */
async function baseInputs(cx: EngineContext, plan: Plan): Promise<readonly HeldInput[]> {
  if (plan.base.kind !== 'image') return [];
  const { sourceOf } = await import('../base/stage.ts');
  const { baseBlob } = await import('../base/source.ts');
  const source = sourceOf(cx, plan.base);
  const blobs = plan.base.images.flatMap(({ layers, config }) => [...layers, config]);
  return Promise.all(
    blobs.map(async (blob): Promise<HeldInput> => {
      const sha256 = blob.digest.slice('sha256:'.length);
      const held = await baseBlob(cx, source, blob, 'blob');
      const name = `base-${sha256.slice(0, 12)}`;
      return { kind: 'base', name, path: held, sha256, size: blob.size };
    }),
  );
}

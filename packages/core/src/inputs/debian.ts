import { readFile } from 'node:fs/promises';
import path from 'node:path';
import {
  atSnapshot,
  debianMirrors,
  fetchDeb,
  type DebianLock,
  type LockedDeb,
  type MirrorSettings,
} from '@mlcontainer/debian';
import type { Plan } from '@mlcontainer/plugin-kit';
import type { EngineContext } from '../context.ts';
import { insideProject } from '../plugins/files.ts';
import { haveInput } from './input.ts';

/** A locked .deb and where the store keeps it. */
export interface FetchedDeb {
  readonly deb: LockedDeb;
  readonly path: string;
}

/** Where .debs come from for this plan on this machine. */
export function mirrorsOf(cx: EngineContext, plan: Plan): Promise<MirrorSettings> {
  const mirror = plan.base.kind === 'debian' ? plan.base.mirror : undefined;
  return debianMirrors({ env: cx.env, ...(mirror === undefined ? {} : { configured: mirror }) });
}

/** The keyring that the config names instead of the shipped keys. */
export async function keyringOf(plan: Plan, root: string): Promise<Uint8Array | undefined> {
  const keyring = plan.base.kind === 'debian' ? plan.base.keyring : undefined;
  return keyring === undefined ? undefined : readFile(await insideProject(root, keyring));
}

/** .debs of a lock, fetched where the store lacks them. */
export function fetchDebs(
  cx: EngineContext,
  lock: DebianLock,
  debs: readonly LockedDeb[],
  mirrors: MirrorSettings,
): Promise<readonly FetchedDeb[]> {
  const pinned = lock.snapshot === undefined ? mirrors : atSnapshot(mirrors, lock.snapshot);
  return Promise.all(
    debs.map(async (deb) => {
      const input = { name: path.posix.basename(deb.file), sha256: deb.sha256, size: deb.size };
      const file = await haveInput(cx, input, () =>
        fetchDeb(deb, pinned, { ports: cx.ports, signal: cx.signal }),
      );
      return { deb, path: file };
    }),
  );
}

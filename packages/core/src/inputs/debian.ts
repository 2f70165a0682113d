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
  /** Its data archive, decompressed before for another purpose. */
  readonly data?: string;
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

/** .debs that are on their way or here, by their hash: who needs one of them waits for the same one. */
export type SharedDebs = Map<string, Promise<FetchedDeb>>;

/** .debs of a lock, fetched where the store lacks them. */
export function fetchDebs(
  cx: EngineContext,
  lock: DebianLock,
  debs: readonly LockedDeb[],
  mirrors: MirrorSettings,
  shared: SharedDebs = new Map(),
): Promise<readonly FetchedDeb[]> {
  const pinned = lock.snapshot === undefined ? mirrors : atSnapshot(mirrors, lock.snapshot);
  return Promise.all(
    debs.map((deb) => {
      const fetching = shared.get(deb.sha256) ?? haveDeb(cx, deb, pinned);
      shared.set(deb.sha256, fetching);
      return fetching;
    }),
  );
}

async function haveDeb(
  cx: EngineContext,
  deb: LockedDeb,
  mirrors: MirrorSettings,
): Promise<FetchedDeb> {
  const input = { name: path.posix.basename(deb.file), sha256: deb.sha256, size: deb.size };
  const file = await haveInput(cx, input, () =>
    fetchDeb(deb, mirrors, { ports: cx.ports, signal: cx.signal }),
  );
  return { deb, path: file };
}

import { cp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { startRealRegistry, type RealRegistry } from '../../registry.ts';
import { median, type Measured } from '../measure.ts';
import type { Bench } from '../subject.ts';

/** A way to bring an image into a registry. */
export interface Pusher {
  readonly name: string;
  /** Everything that is there before the first push is measured: the image is built. */
  prepare(): Promise<void>;
  /** Pushes the image; the registry is at `host`. */
  push(host: string): Promise<Measured>;
  /** Makes the image with another model, where that is a step of its own. */
  rebuild(model: string): Promise<Measured>;
}

/** What was measured; seconds. */
export interface PushResult {
  readonly name: string;
  readonly first: number;
  readonly again: number;
  /** Of another model: building, where that is a step of its own, and pushing. */
  readonly changedBuild: number;
  readonly changedPush: number;
}

const ROUNDS = 3;

/** Each round begins with an empty registry, on a port that no tool has ever seen. */
export async function measurePushes(bench: Bench, pusher: Pusher): Promise<PushResult> {
  await pusher.prepare();
  const rounds: Omit<PushResult, 'name'>[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const folder = join(bench.folder, `registry-${pusher.name.replaceAll(' ', '-')}-${round}`);
    const registry = await startRealRegistry({ folder });
    try {
      rounds.push(await oneRound(bench, pusher, registry, bench.models[2 + round] ?? ''));
    } finally {
      await registry.stop();
      await rm(folder, { recursive: true, force: true });
    }
  }
  const middle = (key: keyof Omit<PushResult, 'name'>) => median(rounds.map((round) => round[key]));
  return {
    name: pusher.name,
    first: middle('first'),
    again: middle('again'),
    changedBuild: middle('changedBuild'),
    changedPush: middle('changedPush'),
  };
}

async function oneRound(bench: Bench, pusher: Pusher, { host }: RealRegistry, model: string) {
  const first = await pusher.push(host);
  const again = await pusher.push(host);
  const build = await pusher.rebuild(model);
  const changed = await pusher.push(host);
  await pusher.rebuild(bench.models[0]);
  return {
    first: first.seconds,
    again: again.seconds,
    changedBuild: build.seconds,
    changedPush: changed.seconds,
  };
}

/** A step that costs nothing, since another one does its work. */
export async function freeStep(model: string, to: string): Promise<Measured> {
  await cp(model, to);
  return { seconds: 0, memory: 0 };
}

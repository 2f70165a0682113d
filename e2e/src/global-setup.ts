import type { TestProject } from 'vitest/node';
import { makeWorld } from './world.ts';

/** Packs, installs, and tells every test file where; the returned function takes it all away. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const { world, remove } = await makeWorld();
  project.provide('world', world);
  return remove;
}

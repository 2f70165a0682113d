import { existsSync } from 'node:fs';
import { copyFile, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { output } from '@mlcontainer/tools';
import type { World } from './world.ts';

/** The oldest Node that the packages promise to run on, by its registry package. */
const OLD_NODE = '22.18.0';

/** Node 22, installed into the world once. */
export async function oldNode(world: World): Promise<string> {
  const folder = join(world.folder, 'node-22');
  const name = `node-linux-${process.arch}`;
  const node = join(folder, 'node_modules', name, 'bin', 'node');
  if (existsSync(node)) return node;
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'package.json'), '{"private":true}');
  await output(
    'npm',
    ['install', '--no-audit', '--no-fund', '--loglevel=error', `${name}@${OLD_NODE}`],
    { cwd: folder },
  );
  return node;
}

/** A copy of this test's Node where any UID can execute it; the checkout may be in a private home. */
export async function sharedNode(world: World): Promise<string> {
  const folder = join(world.folder, 'node-shared');
  const node = join(folder, 'node');
  if (existsSync(node)) return node;
  await mkdir(folder, { recursive: true });
  await copyFile(process.execPath, node);
  return node;
}

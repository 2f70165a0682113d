import { cp, mkdtemp, readFile, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ROOT } from '@mlcontainer/tools';
import type { World } from './world.ts';

/** The examples of this repository. */
export type Example = 'diabetes' | 'breast-cancer';

/** A user's project in a new folder. */
export interface Project {
  readonly name: Example;
  readonly folder: string;
  /** `dist/<name>` */
  readonly dist: string;
  readonly layout: string;
  readonly archive: string;
  remove(): Promise<void>;
}

/** Copies an example into a new folder that sees the installed packages. */
export async function makeProject(
  world: World,
  name: Example,
  parent = tmpdir(),
): Promise<Project> {
  const folder = await mkdtemp(join(parent, `mlc-${name}-`));
  const filter = (path: string) => !/\/(dist|node_modules|mlcontainer\.lock)$/.test(path);
  await cp(join(ROOT, 'examples', name), folder, { recursive: true, filter });
  await symlink(join(world.app, 'node_modules'), join(folder, 'node_modules'));
  const dist = join(folder, 'dist', name);
  return {
    name,
    folder,
    dist,
    layout: join(dist, 'image'),
    archive: join(dist, 'image.tar'),
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}

interface Descriptor {
  readonly mediaType: string;
  readonly digest: string;
  readonly size: number;
}

/** An image manifest, as far as tests read it. */
export interface Manifest {
  readonly config: Descriptor;
  readonly layers: readonly Descriptor[];
}

/** The digest that an OCI layout's index.json names first. */
export async function layoutDigest(layout: string): Promise<string> {
  const index = JSON.parse(await readFile(join(layout, 'index.json'), 'utf8')) as {
    manifests: Descriptor[];
  };
  return index.manifests[0]?.digest ?? '';
}

/** The manifest of an image in a layout; of the first platform, where the digest names an index. */
export async function layoutManifest(layout: string): Promise<Manifest> {
  let document = await readBlob(layout, await layoutDigest(layout));
  if (document.manifests) document = await readBlob(layout, document.manifests[0]?.digest ?? '');
  return document;
}

async function readBlob(
  layout: string,
  digest: string,
): Promise<Manifest & { manifests?: Descriptor[] }> {
  const path = join(layout, 'blobs', ...digest.split(':'));
  return JSON.parse(await readFile(path, 'utf8')) as Manifest & { manifests?: Descriptor[] };
}

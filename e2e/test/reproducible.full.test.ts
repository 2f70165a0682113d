import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { mlcontainerOk } from '../src/cli.ts';
import { oldNode, sharedNode } from '../src/node.ts';
import { layoutDigest, makeProject, type Example, type Project } from '../src/project.ts';
import { digestIn, type Surroundings } from '../src/surroundings.ts';

const world = inject('world');

const AROUND: readonly [string, Surroundings][] = [
  ['an empty store', { cold: true }],
  ['umask 0077', { umask: '0077', cold: true }],
  ['umask 0000', { umask: '0000', cold: true }],
  ['time zone', { env: { TZ: 'Pacific/Chatham' }, cold: true }],
  ['locale', { env: { LANG: 'C', LC_ALL: 'POSIX' }, cold: true }],
  ['one CPU', { cpu: 1, cold: true }],
];

describe.each<Example>(['diabetes', 'breast-cancer'])('%s has the same digest with', (name) => {
  let project: Project;
  let digest: string;

  beforeAll(async () => {
    project = await makeProject(world, name);
    await mlcontainerOk(world, ['build'], { cwd: project.folder });
    digest = await layoutDigest(project.layout);
  });

  afterAll(() => project.remove());

  it.each(AROUND)('%s', async (_, around) => {
    expect(await digestIn(world, project, around)).toBe(digest);
  });

  it('another user', async () => {
    expect(await digestIn(world, project, { uid: 4_000_000, node: await sharedNode(world) })).toBe(
      digest,
    );
  });

  it('Node 22 and a warm store', async () => {
    expect(await digestIn(world, project, { node: await oldNode(world) })).toBe(digest);
  });
});

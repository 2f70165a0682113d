import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { mlcontainerOk } from '../src/cli.ts';
import { oldNode, sharedNode } from '../src/node.ts';
import { layoutDigest, makeProject, type Project } from '../src/project.ts';
import { digestIn } from '../src/surroundings.ts';

const world = inject('world');

/** A user that no passwd file knows. */
const STRANGER = 12_345;

describe('the same lock gives the same manifest digest', () => {
  let project: Project;
  let digest: string;

  beforeAll(async () => {
    project = await makeProject(world, 'diabetes');
    await mlcontainerOk(world, ['lock'], { cwd: project.folder });
    await mlcontainerOk(world, ['build', '--frozen'], { cwd: project.folder });
    digest = await layoutDigest(project.layout);
  });

  afterAll(() => project.remove());

  it('in another folder, from a warm store', async () => {
    expect(await digestIn(world, project, {})).toBe(digest);
  });

  it('for a stranger without rights, on one CPU, in another time and language, from an empty store', async () => {
    const around = {
      uid: STRANGER,
      umask: '0077',
      env: {
        TZ: 'Asia/Kolkata',
        LANG: 'tr_TR.UTF-8',
        LC_ALL: 'tr_TR.UTF-8',
        SOURCE_DATE_EPOCH: '1',
      },
      cpu: 0,
      node: await sharedNode(world),
    };
    expect(await digestIn(world, project, around)).toBe(digest);
  });

  it('on the oldest Node that is promised, from an empty store', async () => {
    expect(await digestIn(world, project, { node: await oldNode(world), cold: true })).toBe(digest);
  });
});

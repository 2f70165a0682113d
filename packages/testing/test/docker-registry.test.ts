import { afterAll, beforeAll, expect, test } from 'vitest';

import {
  startDockerRegistry,
  tempProject,
  type DockerRegistry,
  type TempProject,
} from '../src/index.ts';
import { blobCases } from './conformance/blob-cases.ts';
import { dataCases, otherCases } from './conformance/data-cases.ts';

let project: TempProject;
let registry: DockerRegistry;
beforeAll(async () => {
  project = await tempProject();
  registry = await startDockerRegistry(project.path('registry'));
});
afterAll(async () => {
  await registry.kill();
  await project.remove();
});

const CASES = [...blobCases('sha256'), ...dataCases(), ...otherCases()];

/** Where distribution 2.8 does not keep to the list; each is checked, so that the list stays true. */
const DEVIATIONS: Readonly<Record<string, string>> = {
  'sha256 blobs/post only': 'a single POST begins an upload (202)',
  'sha256 blobs/bad digest post only': 'a single POST begins an upload (202)',
  'sha256 blobs/chunked out-of-order': 'takes a first chunk that does not begin at 0 (202)',
  'sha256 blobs/chunked out-of-order and put chunk':
    'takes a first chunk that does not begin at 0 (202)',
  'sha256 blobs/range 500-0': 'breaks off the body of its 416',
  'sha256 blobs/range 5000-10000': 'breaks off the body of its 416',
  'sha256 blobs/mount anonymous': 'mounts only from a source that is named (202)',
  'artifacts-with-subject/referrers': 'knows no referrers',
  'index-with-subject/referrers': 'knows no referrers',
  'missing-subject/referrers': 'knows no referrers',
  'empty/referrers': 'knows no referrers',
  'non-distributable-layers/push, head, pull, list': 'fails (500) at layers that are elsewhere',
  'non-distributable-layers/delete': 'fails (500) at layers that are elsewhere',
  'sha512/push, head, pull, list': 'answers with the sha256 of what was pushed by its sha512',
  'sha512/delete': 'answers with the sha256 of what was pushed by its sha512',
  'invalid-digest-format/manifest-put': 'fails (500) at a digest of wrong form',
  'invalid-digest-format/manifest-get': 'fails (500) at a digest of wrong form',
  'tag-param-sha256': 'knows no tag parameters',
  'tag-param-sha512': 'knows no tag parameters',
};

test.each(CASES.map((each, row) => ({ ...each, row })))('$name', async ({ name, run, row }) => {
  const { origin } = registry;
  const wire = {
    origin,
    repository: `conformance/repo1-${row}`,
    other: `conformance/repo2-${row}`,
  };
  const outcome = await run(wire).then(
    () => 'kept',
    () => 'not kept',
  );
  expect(outcome).toBe(name in DEVIATIONS ? 'not kept' : 'kept');
});

test('every deviation is that of a case', () => {
  const names = CASES.map(({ name }) => name);
  expect(Object.keys(DEVIATIONS).filter((name) => !names.includes(name))).toEqual([]);
});

import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

import { expect, it } from 'vitest';

import { startRegistry, tempProject, type Authentication, type ProfileName } from '../src/index.ts';
import { push } from './conformance/data-cases.ts';
import { DATA_SETS } from './conformance/data-sets.ts';

const run = promisify(execFile);
const SKOPEO = 'skopeo';

async function skopeo(...args: readonly string[]): Promise<string> {
  try {
    return (await run(SKOPEO, ['--insecure-policy', ...args])).stdout;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    throw new Error('this test needs skopeo: apt-get install skopeo', { cause: error });
  }
}

const LOGINS: readonly (readonly [string, Authentication])[] = [
  ['nobody', { kind: 'none' }],
  ['a password', { kind: 'basic', users: { ann: 'secret' } }],
  ['tokens', { kind: 'bearer', users: { ann: 'secret' } }],
];
const PROFILES: readonly ProfileName[] = ['generic', 'artifact-registry', 'docker-hub-like'];

/** What is strict must not be wrong: a client that others rely on gets along with it. */
it.each(
  PROFILES.flatMap((profile) => LOGINS.map(([name, auth]) => [profile, name, auth] as const)),
)('skopeo reads and writes %s with %s', async (profile, _, authentication) => {
  await using project = await tempProject();
  await using open = await startRegistry();
  await using registry = await startRegistry({ profile, authentication });
  for (const kind of ['image', 'index']) {
    const content = DATA_SETS[kind]?.();
    if (content === undefined) throw new Error(`no kind of content is called ${kind}`);
    const [[tag, digest] = ['', '']] = content.tags;
    await push({ origin: open.origin, repository: 'from', other: 'x' }, content);
    const from = `docker://${open.host}/from:${tag}`;
    const to = `docker://${registry.host}/team/to:${tag}`;
    const login = authentication.kind === 'none' ? [] : ['--dest-creds', 'ann:secret'];
    const target = ['--dest-tls-verify=false', ...login];
    await skopeo('copy', '--all', '--src-tls-verify=false', ...target, from, to);
    const back = `oci:${project.path(kind)}:${tag}`;
    const source = target.map((option) => option.replace('--dest', '--src'));
    await skopeo('copy', '--all', ...source, to, back);
    expect(registry.readManifest('team/to', tag)).toEqual(open.readManifest('from', digest));
  }
  expect(registry.openUploads()).toBe(0);
});

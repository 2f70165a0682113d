import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { nodePorts } from '@mlcontainer/node-ports';
import { isMlcError } from '@mlcontainer/plugin-kit';
import { startRegistry, type TestRegistry } from '@mlcontainer/testing';
import { expect, test } from 'vitest';
import {
  artifactAttach,
  artifactCopy,
  artifactDiscover,
  artifactPull,
  artifactPush,
} from '../src/artifacts.ts';
import type { EngineContext } from '../src/context.ts';
import { withRegistries } from '../src/registry/registries.ts';
import { testContext } from './support/context.ts';

const USERS = { ci: 'secret' };

interface Place {
  readonly cx: EngineContext;
  readonly registry: TestRegistry;
  readonly events: readonly { readonly code: string }[];
}

/** A context with a login for a registry that asks for one. */
async function withPlace(use: (place: Place) => Promise<void>): Promise<void> {
  const base = await testContext();
  await using registry = await startRegistry({ authentication: { kind: 'bearer', users: USERS } });
  const { host } = registry;
  const auths = { [host]: { username: 'ci', password: USERS.ci } };
  const env = { ...base.env, DOCKER_AUTH_CONFIG: JSON.stringify({ auths }) };
  const ports = nodePorts({ env, cacheDir: join(base.root, '.store') });
  try {
    await writeFile(join(base.root, 'sbom.json'), '{"a":1}');
    await mkdir(join(base.root, 'plots'));
    await writeFile(join(base.root, 'plots/roc.svg'), '<svg/>');
    const cx = withRegistries({ ...base, env, ports }, { [host]: { plainHttp: true } }, base.root);
    await use({ cx, registry, events: base.events });
  } finally {
    await base.dispose();
  }
}

async function codeOf(work: Promise<unknown>): Promise<string> {
  const error: unknown = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  return isMlcError(error) ? error.code : String(error);
}

const report = { files: ['sbom.json:application/json', 'plots'], artifactType: 'a/report' };

test('files go to a registry with a login, and come back', () =>
  withPlace(async ({ cx, registry }) => {
    const name = `${registry.host}/team/report`;
    const pushed = await artifactPush(cx, `${name}:v1`, report);
    expect(pushed).toMatchObject({
      reference: `${name}@${pushed.digest}`,
      artifactType: 'a/report',
      tag: 'v1',
      layers: [
        { mediaType: 'application/json', size: 7 },
        { mediaType: expect.anything() as string },
      ],
    });
    expect(registry.tags('team/report')).toEqual(['v1']);
    const pulled = await artifactPull(cx, pushed.reference, { folder: 'out', replace: false });
    expect(pulled.files.map(({ title, kind }) => [title, kind])).toEqual([
      ['sbom.json', 'file'],
      ['plots', 'folder'],
    ]);
    expect(await readFile(join(cx.cwd, 'out/plots/roc.svg'), 'utf8')).toBe('<svg/>');
    const again = await artifactPush(cx, `${name}:v2`, report);
    expect(again).toMatchObject({ digest: pushed.digest, sent: expect.any(Number) as number });
  }));

test('a copy inside one registry mounts, and takes the tag along', () =>
  withPlace(async ({ cx, registry, events }) => {
    const { host } = registry;
    await artifactPush(cx, `${host}/team/report:v1`, report);
    const notes = { files: ['sbom.json'], artifactType: 'a/note' };
    const note = await artifactAttach(cx, `${host}/team/report:v1`, notes);
    expect(note.subject).toMatch(/^.*team\/report@sha256:/);
    const options = { referrers: true, platforms: [] };
    const copied = await artifactCopy(cx, `${host}/team/report:v1`, `${host}/other`, options);
    expect(copied).toMatchObject({ tag: 'v1', nodes: { mounted: 3, leftOut: 0 } });
    expect(registry.tags('other')).toEqual(['v1']);
    const { referrers } = await artifactDiscover(cx, `${host}/other:v1`);
    expect(referrers.map(({ descriptor }) => descriptor.digest)).toEqual([note.digest]);
    expect(events.some(({ code }) => code === 'blob-done')).toBe(true);
  }));

test('between registry and layout the digest stays', () =>
  withPlace(async ({ cx, registry }) => {
    const { digest } = await artifactPush(cx, 'oci:layout:v1', report);
    const options = { referrers: false, platforms: [] };
    const up = await artifactCopy(cx, 'oci:layout:v1', `${registry.host}/report`, options);
    const down = await artifactCopy(cx, `${registry.host}/report:v1`, 'oci:back', options);
    expect([up.digest, down.digest]).toEqual([digest, digest]);
    expect(down.reference).toBe(`oci:${join(cx.cwd, 'back')}@${digest}`);
  }));

test('references say where, or are refused', () =>
  withPlace(async ({ cx, registry }) => {
    const { host } = registry;
    const pull = (reference: string) =>
      codeOf(artifactPull(cx, reference, { folder: 'out', replace: false }));
    expect(await pull(`${host}/team/report`)).toBe('MLC6501');
    expect(await pull(`${host}/team/report:none`)).toBe('MLC6510');
    expect(await pull('oci:nowhere:v1')).toBe('MLC6040');
    expect(await codeOf(artifactAttach(cx, 'oci:nowhere:v1', report))).toBe('MLC6040');
    expect(await codeOf(artifactPush(cx, 'oci-archive:a.tar:v1', report))).toBe('MLC6501');
    registry.revokeTokens();
    const stranger = { ...cx, env: {} };
    const login = withRegistries(stranger, { [host]: { plainHttp: true } }, cx.cwd);
    expect(await codeOf(artifactPush(login, `${host}/team/report:v1`, report))).toBe('MLC6503');
  }));

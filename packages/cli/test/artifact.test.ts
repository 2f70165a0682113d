import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as core from '@mlcontainer/core';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { mlc } from './run.ts';

let cwd: string;

beforeEach(async () => {
  cwd = await mkdtemp(join(tmpdir(), 'mlc-artifact-'));
  await mkdir(join(cwd, 'plots'));
  await writeFile(join(cwd, 'report.json'), '{}');
  await writeFile(join(cwd, 'plots/roc.svg'), '<svg/>');
});
afterEach(async () => {
  await rm(cwd, { recursive: true, force: true });
});

const env = { HOME: '/nonexistent' };
const artifact = (line: string) =>
  mlc(`artifact ${line} --cache-dir ${cwd}/store`, { cwd, env, engine: core });

async function pushReport(): Promise<string> {
  const line = 'push oci:layout:v1 report.json:application/json plots --type a/report';
  const { code, stdout } = await artifact(line);
  expect(code).toBe(0);
  expect(stdout).toMatch(/^oci:.*layout@sha256:[0-9a-f]{64}\n$/);
  return stdout.trim();
}

test('what is pushed is pulled', async () => {
  await pushReport();
  const { code, stdout } = await artifact('pull oci:layout:v1 out');
  expect(code).toBe(0);
  expect(stdout).toBe('out/report.json\nout/plots\n');
  expect(await readFile(join(cwd, 'out/plots/roc.svg'), 'utf8')).toBe('<svg/>');
  await writeFile(join(cwd, 'out/report.json'), 'mine');
  expect(await artifact('pull oci:layout:v1 out')).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('MLC6532') as string,
  });
  expect((await artifact('pull oci:layout:v1 out --force')).code).toBe(0);
});

test('as JSON', async () => {
  await pushReport();
  const line = 'push oci:layout:v2 report.json -a k=v,l=m --created 2026-01-02T03:04:05Z --json';
  const pushed = JSON.parse((await artifact(line)).stdout) as Record<string, unknown>;
  expect(pushed).toMatchObject({
    schemaVersion: 1,
    artifactType: 'application/vnd.unknown.artifact.v1',
    tag: 'v2',
    layers: [{ size: 2 }],
  });
  const { stdout } = await artifact('pull oci:layout:v2 out --json');
  expect(JSON.parse(stdout)).toMatchObject({
    schemaVersion: 1,
    digest: pushed['digest'],
    annotations: { k: 'v', l: 'm', 'org.opencontainers.image.created': '2026-01-02T03:04:05Z' },
    files: [{ title: 'report.json', kind: 'file', size: 2, reused: false }],
    untitled: [],
  });
});

test('what is attached is discovered and copied', async () => {
  const reference = await pushReport();
  const attached = await artifact('attach oci:layout:v1 report.json --type a/note');
  expect(attached.code).toBe(0);
  const note = attached.stdout.trim().split('@')[1] ?? '';
  await artifact(`attach oci:layout@${note} report.json --type a/deep`);
  const { stdout } = await artifact('discover oci:layout:v1');
  expect(stdout.replaceAll(/sha256:[0-9a-f]{64}/g, 'sha256:…')).toBe(
    `oci:${cwd}/layout@sha256:…\n└─ a/note  sha256:…\n   └─ a/deep  sha256:…\n`,
  );
  const copied = await artifact('copy oci:layout:v1 oci:other --referrers --json');
  expect(JSON.parse(copied.stdout)).toMatchObject({
    digest: reference.split('@')[1],
    tag: 'v1',
    nodes: { present: 0, mounted: 0, leftOut: 0 },
  });
  expect((await artifact('discover oci:other:v1 --type a/note')).stdout).toContain('a/deep');
  expect((await artifact('copy oci:layout:v1 oci:other')).stdout).toContain('other@sha256:');
});

test('a layout with one manifest needs no tag', async () => {
  await pushReport();
  expect((await artifact('discover oci:layout')).code).toBe(0);
  await artifact('push oci:layout:v2 report.json');
  expect(await artifact('discover oci:layout')).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('MLC6501') as string,
  });
});

test.each([
  ['push', 'MLC1104'],
  ['send oci:layout:v1', 'MLC1103'],
  ['attach oci:layout:v1', 'MLC1104'],
  ['copy oci:layout:v1', 'MLC1104'],
  ['copy oci:layout:v1 oci:b oci:c', 'MLC1105'],
  ['pull oci:layout:v1 a b', 'MLC1105'],
  ['discover oci:layout:v1 a', 'MLC1105'],
  ['push oci:layout:v1 report.json -a novalue', 'MLC1103'],
  ['push oci:layout:v1 report.json --created yesterday', 'MLC1103'],
  ['push oci: report.json', 'MLC6501'],
  ['push oci-archive:a.tar report.json', 'MLC6501'],
  ['discover registry.example/Team', 'MLC6501'],
])('%s ends with %s', async (line, code) => {
  const result = await artifact(line);
  expect(result).toMatchObject({ code: 2, stderr: expect.stringContaining(code) as string });
});

test('help shows that there may be several files', async () => {
  expect((await mlc('artifact --help')).stdout).toContain('<action> <reference> [more…] [options]');
});

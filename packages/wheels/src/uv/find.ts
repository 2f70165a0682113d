import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { mlcError, type Ports } from '@mlcontainer/plugin-kit';
import type { Env } from '../settings/pip.ts';
import type { PythonSettings } from '../settings/settings.ts';
import { definedEnv } from '../simple/default-index.ts';
import { openWheel } from '../wheel/open.ts';
import { readChecked } from '../wheel/verify.ts';
import { fetchUvWheel } from './fetch-uv.ts';
import { type Host, thisHost } from './host.ts';
import { compareRelease, parseUvVersion, UV_MINIMUM, UV_PREFERRED } from './version.ts';

/** A uv that can be used. */
export interface FoundUv {
  readonly path: string;
  readonly version: string;
  /** `MLCONTAINER_UV`, `PATH` or `store`. */
  readonly source: 'MLCONTAINER_UV' | 'PATH' | 'store';
}

/** What looking for uv takes. */
export interface UvContext {
  readonly ports: Ports;
  readonly signal: AbortSignal;
  readonly env: Env;
  readonly settings: PythonSettings;
  /** The machine; this one when left out. */
  readonly host?: Host;
}

/**
 * Finds uv: the one named by MLCONTAINER_UV, one on PATH that is new enough, one in the store, or it fetches the
 * wheel into the store, through the configured indexes or, where none is configured, pip and its own default.
 * Throws MLC5001, MLC5002.
 */
export async function findUv(cx: UvContext): Promise<FoundUv> {
  const named = cx.env['MLCONTAINER_UV'];
  if (named) {
    const version = await versionOf(named, cx);
    if (version === undefined)
      throw mlcError('MLC5001', { detail: `MLCONTAINER_UV=${named} is no uv` });
    if (compareRelease(version, UV_MINIMUM) < 0) {
      throw mlcError('MLC5002', { path: named, version, minimum: UV_MINIMUM });
    }
    return { path: named, version, source: 'MLCONTAINER_UV' };
  }
  const onPath = await cx.ports.exec.which('uv');
  const version = onPath && (await versionOf(onPath, cx));
  if (onPath && version && compareRelease(version, UV_MINIMUM) >= 0)
    return { path: onPath, version, source: 'PATH' };
  return fromStore(cx);
}

async function versionOf(path: string, cx: UvContext): Promise<string | undefined> {
  try {
    const result = await cx.ports.exec.run({
      command: path,
      args: ['--version'],
      env: definedEnv(cx.env),
      signal: cx.signal,
    });
    return result.code === 0
      ? parseUvVersion(Buffer.from(result.stdout).toString('utf8'))
      : undefined;
  } catch (error) {
    cx.signal.throwIfAborted();
    if ((error as { code?: unknown }).code === 'MLC7020') return undefined;
    throw error;
  }
}

interface UvRecord {
  readonly sha256: string;
  readonly version: string;
}

async function fromStore(cx: UvContext): Promise<FoundUv> {
  const host = cx.host ?? thisHost();
  const key = [UV_PREFERRED, host.os, host.arch, host.glibc ? 'glibc' : 'other'].join('-');
  const known = asRecord(await cx.ports.store.readRecord('uv', key));
  const wheel = known ?? (await fetchUvWheel(cx, host));
  if (!known)
    await cx.ports.store.writeRecord('uv', key, { sha256: wheel.sha256, version: wheel.version });
  const folder = await cx.ports.store.folder('uv', wheel.sha256, async (target) => {
    const path =
      (await cx.ports.store.path(wheel.sha256)) ??
      (await fetchUvWheel(cx, host, wheel.sha256)).path;
    await extractUv(path, target);
  });
  return { path: join(folder, 'uv'), version: wheel.version, source: 'store' };
}

function asRecord(value: unknown): UvRecord | undefined {
  const record = value as Partial<UvRecord> | null | undefined;
  return typeof record?.sha256 === 'string' && typeof record.version === 'string'
    ? (record as UvRecord)
    : undefined;
}

async function extractUv(path: string, target: string): Promise<void> {
  await using wheel = await openWheel(path);
  const file = wheel.files.find(({ scheme, path: name }) => scheme === 'scripts' && name === 'uv');
  if (!file) throw mlcError('MLC5001', { detail: 'the uv wheel holds no program' });
  await writeFile(join(target, 'uv'), readChecked(wheel, file), { mode: 0o755 });
}

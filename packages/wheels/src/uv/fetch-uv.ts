import { createReadStream } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { mlcError } from '@mlcontainer/plugin-kit';
import { parseWheelFileName } from '../names/wheel-file.ts';
import { downloadFile } from '../fetch/download.ts';
import { definedEnv } from '../simple/default-index.ts';
import { type ListedFile, linkedFiles, projectFiles } from '../simple/client.ts';
import type { UvContext } from './find.ts';
import { type Host, runsOn } from './host.ts';
import { compareRelease, UV_MINIMUM, UV_PREFERRED } from './version.ts';

/** A uv wheel in the store. */
export interface UvWheel {
  readonly path: string;
  readonly sha256: string;
  readonly version: string;
}

/** Brings a uv wheel for the host into the store; of this hash only, when it is given. Throws MLC5001. */
export async function fetchUvWheel(cx: UvContext, host: Host, sha256?: string): Promise<UvWheel> {
  const listed = await listUv(cx);
  const best = chooseUv(listed, host, sha256);
  if (best) {
    const blob = await downloadFile(
      best,
      { name: best.file, ...(best.sha256 ? { sha256: best.sha256 } : {}) },
      cx,
    );
    return { path: blob.path, sha256: blob.sha256, version: best.version };
  }
  if (cx.settings.noIndex.value || cx.settings.defaultIndex) {
    throw mlcError('MLC5001', {
      detail: 'the configured places carry no uv wheel for this machine',
    });
  }
  return downloadByPip(cx);
}

/** First-index rule: the first place that has the project decides; find-links are asked beside it. */
async function listUv(cx: UvContext): Promise<ListedFile[]> {
  const found: ListedFile[] = [];
  for (const links of cx.settings.findLinks)
    found.push(...((await linkedFiles(links.value, cx)) ?? []));
  if (cx.settings.noIndex.value) return found;
  const indexes = [
    ...cx.settings.extraIndexes,
    ...(cx.settings.defaultIndex ? [cx.settings.defaultIndex] : []),
  ];
  for (const index of indexes) {
    if (index.value.explicit) continue;
    const files = await projectFiles(index.value, 'uv', cx);
    if (files) return [...found, ...files];
  }
  return found;
}

/** The preferred release where it is there, otherwise the newest that is new enough. */
function chooseUv(files: readonly ListedFile[], host: Host, sha256: string | undefined) {
  return files
    .flatMap((file) => {
      const parsed = parseWheelFileName(file.file);
      const fits =
        parsed?.name === 'uv' && parsed.tags.some((tag) => runsOn(tag.split('-')[2] ?? '', host));
      return fits && /^[\d.]+$/.test(parsed.version) ? [{ ...file, version: parsed.version }] : [];
    })
    .filter((file) => !file.yanked && compareRelease(file.version, UV_MINIMUM) >= 0)
    .filter((file) => sha256 === undefined || file.sha256 === undefined || file.sha256 === sha256)
    .sort(
      (a, b) =>
        preference(b.version) - preference(a.version) ||
        compareRelease(b.version, a.version) ||
        glibcFirst(a, b),
    )[0];
}

function preference(version: string): number {
  return version === UV_PREFERRED ? 1 : 0;
}

function glibcFirst(a: ListedFile, b: ListedFile): number {
  return (
    Number(a.file.includes('musllinux')) - Number(b.file.includes('musllinux')) ||
    (a.file < b.file ? -1 : 1)
  );
}

/** Where no index is configured, pip asks its own default, which we do not name. */
async function downloadByPip(cx: UvContext): Promise<UvWheel> {
  const python = await cx.ports.exec.which('python3');
  if (!python)
    throw mlcError('MLC5001', {
      detail: 'no index is configured, and there is no python3 with pip to ask',
    });
  return cx.ports.store.withTemp(async (folder) => {
    const args = [
      '-m',
      'pip',
      'download',
      `uv==${UV_PREFERRED}`,
      '--no-deps',
      '--only-binary',
      ':all:',
      '--dest',
      folder,
    ];
    const env = { ...definedEnv(cx.env), PIP_DISABLE_PIP_VERSION_CHECK: '1', PIP_NO_INPUT: '1' };
    const result = await cx.ports.exec.run({ command: python, args, env, signal: cx.signal });
    const file = (await readdir(folder)).find((name) => parseWheelFileName(name)?.name === 'uv');
    if (result.code !== 0 || !file) {
      throw mlcError('MLC5001', {
        detail: `pip could not download it: ${result.stderr.trim().split('\n').at(-1) ?? ''}`,
      });
    }
    const blob = await cx.ports.store.put(createReadStream(join(folder, file)), { name: file });
    return {
      path: blob.path,
      sha256: blob.sha256,
      version: parseWheelFileName(file)?.version ?? UV_PREFERRED,
    };
  });
}

import { createHash } from 'node:crypto';
import { createReadStream, existsSync } from 'node:fs';
import { mkdir, rename, stat, writeFile } from 'node:fs/promises';
import type { ServerResponse } from 'node:http';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { output } from '../process.ts';
import { serve, type Loopback } from './loopback.ts';

/** A caching mirror of the machine's own Debian mirrors, at `/debian` and `/debian-security` of the loopback interface. */
export async function serveDebian(folder: string): Promise<Loopback> {
  await mkdir(folder, { recursive: true });
  const upstreams = await aptMirrors();
  return await serve((request, response) => {
    const [, place = '', ...rest] = (request.url ?? '').split('/');
    const upstream = upstreams[place];
    if (upstream === undefined) response.writeHead(404).end();
    else
      void answer(response, `${upstream}/${rest.join('/')}`, folder).catch(() =>
        response.destroy(),
      );
  });
}

async function answer(response: ServerResponse, url: string, folder: string): Promise<void> {
  const path = join(folder, createHash('sha256').update(url).digest('hex'));
  if (!existsSync(path) && !(await fetchTo(url, path))) {
    response.writeHead(404).end();
    return;
  }
  const { size } = await stat(path);
  response.writeHead(200, { 'content-length': size });
  await pipeline(createReadStream(path), response);
}

async function fetchTo(url: string, path: string): Promise<boolean> {
  const fetched = await fetch(url);
  if (!fetched.ok) return false;
  const partial = `${path}.${process.hrtime.bigint()}`;
  await writeFile(partial, Buffer.from(await fetched.arrayBuffer()));
  await rename(partial, path);
  return true;
}

/** The base URLs that apt is configured with, without a slash at the end. */
async function aptMirrors(): Promise<Readonly<Record<string, string>>> {
  const targets = await output('apt-get', [
    'indextargets',
    '--format',
    '$(RELEASE) $(REPO_URI)',
    'Created-By: Packages',
  ]);
  const lines = targets
    .trim()
    .split('\n')
    .map((line) => line.split(' '));
  const find = (wanted: (release: string) => boolean) =>
    lines
      .find(([release = '', uri = '']) => wanted(release) && uri.startsWith('http'))?.[1]
      ?.replace(/\/+$/, '');
  const main = find((release) => !release.includes('-'));
  const security = find((release) => release.endsWith('-security'));
  if (!main) throw new Error('apt has no Debian mirror configured that is reached by HTTP.');
  return { debian: main, ...(security ? { 'debian-security': security } : {}) };
}

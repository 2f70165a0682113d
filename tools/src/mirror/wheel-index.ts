import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import type { ServerResponse } from 'node:http';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { serve, type Loopback } from './loopback.ts';

interface WheelFile {
  readonly file: string;
  readonly project: string;
  readonly sha256: string;
}

/** A simple index (PEP 503) of the wheels in a folder, on the loopback interface; the index is at `/simple/`. */
export async function serveWheels(folder: string): Promise<Loopback> {
  const wheels = await Promise.all(
    (await readdir(folder)).filter((file) => file.endsWith('.whl')).map(describe),
  );
  async function describe(file: string): Promise<WheelFile> {
    const hash = createHash('sha256');
    await pipeline(createReadStream(join(folder, file)), hash);
    return { file, project: normalise(file.split('-')[0] ?? ''), sha256: hash.digest('hex') };
  }
  return await serve((request, response) => {
    const [, place = '', name = ''] = (request.url ?? '').split('?')[0]?.split('/') ?? [];
    if (place === 'simple') sendProject(response, wheels, normalise(decodeURIComponent(name)));
    else
      void sendFile(
        response,
        wheels.some(({ file }) => file === name) ? join(folder, name) : undefined,
      );
  });
}

function normalise(name: string): string {
  return name.toLowerCase().replaceAll(/[-_.]+/g, '-');
}

function sendProject(
  response: ServerResponse,
  wheels: readonly WheelFile[],
  project: string,
): void {
  const links = wheels
    .filter((wheel) => wheel.project === project)
    .map(({ file, sha256 }) => `<a href="/files/${file}#sha256=${sha256}">${file}</a>`);
  response.writeHead(links.length > 0 ? 200 : 404, { 'content-type': 'text/html' });
  response.end(`<!DOCTYPE html><html><body>${links.join('\n')}</body></html>`);
}

async function sendFile(response: ServerResponse, path: string | undefined): Promise<void> {
  if (path === undefined) {
    response.writeHead(404).end();
    return;
  }
  const { size } = await stat(path);
  response.writeHead(200, { 'content-type': 'application/octet-stream', 'content-length': size });
  await pipeline(createReadStream(path), response).catch(() => response.destroy());
}

import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { normalizeName } from '../../src/names/normalize.ts';
import { parseWheelFileName } from '../../src/names/wheel-file.ts';

/** A file an index serves. */
export interface Served {
  readonly file: string;
  readonly bytes: Uint8Array;
  /** What the page says instead of the truth. */
  readonly listedSha256?: string;
  readonly unhashed?: boolean;
}

export interface IndexOptions {
  readonly form?: 'json' | 'html';
  /** `user:password` asked for everywhere. */
  readonly auth?: string;
  /** Answer everything with this status. */
  readonly status?: number;
  /** Answer files with this status. */
  readonly fileStatus?: number;
  /** Leave sizes out of JSON. */
  readonly unsized?: boolean;
}

export interface IndexServer extends AsyncDisposable {
  /** `http://127.0.0.1:port/simple` */
  readonly url: string;
  readonly host: string;
  /** `GET /simple/demo/`, in order. */
  readonly requests: string[];
  options: IndexOptions;
}

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

/** A package index on the loopback interface (PEP 503 and PEP 691). */
export async function serveIndex(
  files: readonly Served[],
  options: IndexOptions = {},
): Promise<IndexServer> {
  const server = createServer((request, response) => answer(state, files, request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  const state: IndexServer = {
    url: `http://${host}/simple`,
    host,
    requests: [],
    options,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return state;
}

function answer(
  state: IndexServer,
  files: readonly Served[],
  request: IncomingMessage,
  response: ServerResponse,
): void {
  const { options } = state;
  const path = decodeURIComponent(new URL(request.url ?? '/', 'http://x').pathname);
  state.requests.push(`${request.method ?? ''} ${path}`);
  const given = request.headers.authorization;
  if (options.auth && given !== `Basic ${Buffer.from(options.auth).toString('base64')}`) {
    response.writeHead(401, { 'www-authenticate': 'Basic realm="x"' }).end();
    return;
  }
  if (options.status) return void response.writeHead(options.status).end();
  const file = files.find((one) => path === `/files/${one.file}`);
  if (file) return sendFile(options, file, request, response);
  const project = /^\/simple\/([^/]+)\/$/.exec(path)?.[1];
  const listed = files.filter((one) => projectOf(one.file) === normalizeName(project ?? ''));
  if (listed.length === 0) return void response.writeHead(404).end();
  if (options.form === 'html') {
    response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' });
    response.end(`<!DOCTYPE html><html><body>${listed.map(anchor).join('\n')}</body></html>`);
  } else {
    response.writeHead(200, { 'content-type': 'application/vnd.pypi.simple.v1+json' });
    response.end(
      JSON.stringify({
        meta: { 'api-version': '1.1' },
        name: project,
        files: listed.map((one) => json(one, options)),
      }),
    );
  }
}

function projectOf(file: string): string {
  return parseWheelFileName(file)?.name ?? normalizeName(file.replace(/-[^-]*$/, ''));
}

function sendFile(
  options: IndexOptions,
  file: Served,
  request: IncomingMessage,
  response: ServerResponse,
): void {
  if (options.fileStatus) return void response.writeHead(options.fileStatus).end();
  const range = /^bytes=(\d*)-(\d*)$/.exec(request.headers.range ?? '');
  if (!range) {
    response.writeHead(200, { 'content-length': file.bytes.length, 'accept-ranges': 'bytes' });
    return void response.end(request.method === 'HEAD' ? undefined : file.bytes);
  }
  const start =
    range[1] === '' ? Math.max(0, file.bytes.length - Number(range[2])) : Number(range[1]);
  const end =
    range[1] === '' || range[2] === ''
      ? file.bytes.length - 1
      : Math.min(Number(range[2]), file.bytes.length - 1);
  response.writeHead(206, {
    'content-range': `bytes ${start}-${end}/${file.bytes.length}`,
    'content-length': end - start + 1,
  });
  response.end(file.bytes.subarray(start, end + 1));
}

function anchor(file: Served): string {
  const hash = file.unhashed ? '' : `#sha256=${file.listedSha256 ?? sha256(file.bytes)}`;
  return `<a data-requires-python="&gt;=3.8" href="../../files/${encodeURIComponent(file.file)}${hash}">${file.file}</a><br/>`;
}

function json(file: Served, options: IndexOptions) {
  return {
    filename: file.file,
    url: `../../files/${encodeURIComponent(file.file)}`,
    hashes: file.unhashed ? {} : { sha256: file.listedSha256 ?? sha256(file.bytes) },
    ...(options.unsized ? {} : { size: file.bytes.length }),
    yanked: false,
  };
}

import { createServer } from 'node:net';
import type { ServerResponse } from 'node:http';

import { describe, expect, it } from 'vitest';

import { codeOf, get, readBody, testHttp } from './fixtures/client.ts';
import { sampleBytes } from './fixtures/samples.ts';
import { listen, reply, startServer, type Seen, type TestServer } from './fixtures/servers.ts';

const FILE = sampleBytes(11, 1 << 20);
const TAG = '"v1"';

interface Behaviour {
  /** Where each answer breaks off, counted from the start of the file; one that has no entry is whole. */
  readonly cuts: readonly number[];
  readonly headers?: Record<string, string>;
  /** Whether ranges are served; their headers may be bent. */
  readonly range?: (start: number) => {
    status: number;
    headers?: Record<string, string>;
    from?: number;
  };
  readonly content?: (index: number) => Buffer;
}

/** Serves a file and breaks off in the middle of it. */
function breaking({
  cuts,
  headers = {},
  range,
  content = () => FILE,
}: Behaviour): Promise<TestServer> {
  return startServer((request, response, index) => {
    const file = content(index);
    const start = startOf(request);
    const part = start === undefined ? undefined : range?.(start);
    const from = part === undefined || part.status !== 206 ? 0 : (part.from ?? start ?? 0);
    if (part !== undefined && part.status >= 400) return reply(response, part.status);
    const status = part?.status ?? 200;
    const contentRange =
      status === 206 ? { 'content-range': `bytes ${from}-${file.length - 1}/${file.length}` } : {};
    const length = { 'content-length': String(file.length - from) };
    response.writeHead(status, { ...length, ...contentRange, ...headers, ...part?.headers });
    send(response, file.subarray(from, cuts[index]), cuts[index] !== undefined);
  });
}

function startOf({ headers }: Seen): number | undefined {
  const match = /^bytes=(\d+)-$/.exec(headers.range ?? '');
  return match === null ? undefined : Number(match[1]);
}

function send(response: ServerResponse, bytes: Buffer, breaks: boolean): void {
  if (!breaks) return void response.end(bytes);
  // The bytes must leave before the connection is reset, or the client sees none of them.
  response.write(bytes, () => setTimeout(() => response.destroy(), 5));
}

const partial = () => ({ status: 206 });

async function expectWhole(server: TestServer): Promise<void> {
  const { http } = testHttp();
  const body = await readBody(await get(http, `${server.origin}/file`));
  expect(body.equals(FILE)).toBe(true);
}

describe('a broken transfer', () => {
  it('goes on where it broke, at every sixteenth', async () => {
    for (let part = 1; part < 16; part += 1) {
      const at = (part * FILE.length) / 16;
      const server = await breaking({ cuts: [at], headers: { etag: TAG }, range: partial });
      await expectWhole(server);
      expect(server.seen).toHaveLength(2);
      expect(server.seen[1]?.headers).toMatchObject({ range: `bytes=${at}-`, 'if-range': TAG });
    }
  });

  it('goes on as often as it breaks, as long as it gets further', async () => {
    const big = Buffer.concat(Array(12).fill(FILE) as Buffer[]);
    const cuts = Array.from({ length: 11 }, (_, index) => (index + 1) * FILE.length);
    const server = await breaking({
      cuts,
      headers: { etag: TAG },
      range: partial,
      content: () => big,
    });
    const body = await readBody(await get(testHttp().http, server.origin));
    expect(body.equals(big)).toBe(true);
    expect(server.seen).toHaveLength(12);
  });

  it('ends with MLC7001 when it gets no further', async () => {
    const server = await breaking({
      cuts: Array(9).fill(1000) as number[],
      headers: { etag: TAG },
      range: partial,
    });
    const { http, clock } = testHttp();
    expect(await codeOf(get(http, server.origin).then(readBody))).toBe('MLC7001');
    expect(server.seen).toHaveLength(5);
    expect(clock.sleeps).toEqual([250, 500, 1000, 2000]);
  });

  it.each([
    ['has no validator', {}],
    ['has a weak ETag', { etag: 'W/"v1"' }],
    [
      'may have changed within a second',
      { 'last-modified': 'Thu, 01 Jan 2026 00:00:00 GMT', date: 'Thu, 01 Jan 2026 00:00:00 GMT' },
    ],
  ])(
    'starts again and leaves out what came before, where the answer %s',
    async (_what, headers) => {
      const server = await breaking({ cuts: [300_000, 400_000], headers, range: partial });
      await expectWhole(server);
      expect(server.seen.map((each) => each.headers.range)).toEqual([
        undefined,
        undefined,
        undefined,
      ]);
    },
  );

  it('asks by date where that is certain', async () => {
    const headers = {
      'last-modified': 'Thu, 01 Jan 2026 00:00:00 GMT',
      date: 'Thu, 01 Jan 2026 00:00:09 GMT',
    };
    const server = await breaking({ cuts: [300_000], headers, range: partial });
    await expectWhole(server);
    expect(server.seen[1]?.headers).toMatchObject({ 'if-range': headers['last-modified'] });
  });

  it('takes a whole answer where a part was asked for', async () => {
    const server = await breaking({
      cuts: [300_000],
      headers: { etag: TAG },
      range: () => ({ status: 200 }),
    });
    await expectWhole(server);
  });

  it('waits for a server that is busy just then', async () => {
    let busy = 2;
    const server = await breaking({
      cuts: [300_000],
      headers: { etag: TAG },
      range: () => ({ status: busy-- > 0 ? 503 : 206 }),
    });
    await expectWhole(server);
    expect(server.seen).toHaveLength(4);
  });

  const other = Buffer.from(FILE);
  other[5] = (other[5] ?? 0) ^ 1;

  it.each<[string, Partial<Behaviour>]>([
    ['other bytes', { content: (index) => (index === 0 ? FILE : other) }],
    ['another size', { content: (index) => (index === 0 ? FILE : FILE.subarray(1)) }],
    [
      'another part',
      { headers: { etag: TAG }, range: (start) => ({ status: 206, from: start - 1 }) },
    ],
    [
      'a part of a file of another size',
      {
        headers: { etag: TAG },
        range: () => ({
          status: 206,
          headers: { 'content-range': `bytes 300000-${FILE.length - 1}/9999999` },
        }),
      },
    ],
    [
      'a part without saying which',
      { headers: { etag: TAG }, range: () => ({ status: 206, headers: { 'content-range': 'x' } }) },
    ],
    ['no such part', { headers: { etag: TAG }, range: () => ({ status: 416 }) }],
    ['no such file', { headers: { etag: TAG }, range: () => ({ status: 404 }) }],
  ])('ends with MLC7017 where the server now has %s', async (_what, behaviour) => {
    const server = await breaking({ cuts: [300_000], ...behaviour });
    expect(await codeOf(get(testHttp().http, server.origin).then(readBody))).toBe('MLC7017');
  });

  it('compares the part that the caller asked for itself', async () => {
    const server = await startServer((_request, response, index) => {
      const part = FILE.subarray(100, 200_100);
      response.writeHead(206, {
        etag: TAG,
        'content-length': part.length,
        'content-range': `bytes 100-200099/${FILE.length}`,
      });
      send(response, index === 0 ? part.subarray(0, 50_000) : part, index === 0);
    });
    const response = await get(testHttp().http, server.origin, {
      headers: { Range: 'bytes=100-200099' },
    });
    expect((await readBody(response)).equals(FILE.subarray(100, 200_100))).toBe(true);
    expect(server.seen.map((each) => each.headers.range)).toEqual(
      Array(2).fill('bytes=100-200099'),
    );
  });

  it('is noticed where no length was given', async () => {
    const server = await startServer((_request, response, index) => {
      response.writeHead(200);
      send(response, index === 0 ? FILE.subarray(0, 1000) : FILE, index === 0);
    });
    await expectWhole(server);
    expect(server.seen).toHaveLength(2);
  });

  it('is an error at once where the method is not GET', async () => {
    const server = await breaking({ cuts: [1000] });
    const request = get(testHttp().http, server.origin, { method: 'POST', body: Buffer.from('x') });
    expect(await codeOf(request.then(readBody))).toBe('MLC7001');
    expect(server.seen).toHaveLength(1);
  });
});

describe('a transfer that stalls', () => {
  it('counts as broken where no byte comes', async () => {
    const server = await startServer((request, response) => {
      const start = startOf(request) ?? 0;
      const range = { 'content-range': `bytes ${start}-${FILE.length - 1}/${FILE.length}` };
      response.writeHead(start > 0 ? 206 : 200, {
        etag: TAG,
        'content-length': FILE.length - start,
        ...(start > 0 ? range : {}),
      });
      if (start > 0) response.end(FILE.subarray(start));
      else response.write(FILE.subarray(0, 1000));
    });
    const { http } = testHttp({ timeouts: { stall: 50 } });
    const body = await readBody(await get(http, server.origin));
    expect(body.equals(FILE)).toBe(true);
  });

  it('counts as broken where next to nothing comes', async () => {
    const server = await startServer((_request, response) => {
      response.writeHead(200, { 'content-length': 1000 });
      const timer = setInterval(() => response.write('x'), 20);
      response.once('close', () => clearInterval(timer));
    });
    const waiting = {
      now: () => new Date(),
      monotonic: () => performance.now() * 50,
      sleep: () => Promise.resolve(),
    };
    const { http } = testHttp({
      clock: waiting,
      timeouts: { stall: 5000 },
      retry: { attempts: 2 },
    });
    expect(await codeOf(get(http, server.origin).then(readBody))).toBe('MLC7001');
  });

  it('is not one where the reader takes its time', async () => {
    const server = await startServer((_request, response) => void response.end(FILE));
    const { http } = testHttp({ timeouts: { stall: 40 }, retry: { attempts: 1 } });
    let size = 0;
    for await (const chunk of (await get(http, server.origin)).body) {
      if (size === 0) await new Promise((resolve) => setTimeout(resolve, 120));
      size += chunk.byteLength;
    }
    expect(size).toBe(FILE.length);
  });
});

describe('a body that is not read', () => {
  it('may be cancelled, and leaves the connection where little is left', async () => {
    const server = await startServer((_request, response) => reply(response, 200, 'short'));
    const { http } = testHttp({ connections: 1 });
    for (let turn = 0; turn < 3; turn += 1) await (await get(http, server.origin)).cancel();
    expect(server.connections()).toBe(1);
  });

  it('may be left half-way', async () => {
    const server = await startServer(
      (_request, response) => void response.end(Buffer.alloc(20 << 20)),
    );
    const { http } = testHttp();
    for await (const chunk of (await get(http, server.origin)).body) {
      expect(chunk.byteLength).toBeGreaterThan(0);
      break;
    }
    await (await get(http, server.origin)).cancel();
    expect(server.seen).toHaveLength(2);
  });

  it('may break without harm', async () => {
    const server = createServer((socket) => {
      socket.once('data', () => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nab'));
    });
    const { port } = await listen(server, '127.0.0.1');
    const response = await get(testHttp().http, `http://127.0.0.1:${port}/`);
    await new Promise((resolve) => setTimeout(resolve, 30));
    await response.cancel();
    expect(response.status).toBe(200);
  });
});

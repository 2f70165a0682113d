import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, readFile, rename, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  mlcError,
  type ByteStream,
  type HttpPort,
  type Ports,
  type StorePort,
} from '@mlcontainer/plugin-kit';

/** Plain ports for tests: fetch, a folder, and a clock that a test may set. */
export function testPorts(folder: string, now: () => Date = () => new Date()): Ports {
  return {
    http: testHttp(),
    store: testStore(folder),
    clock: { now, monotonic: () => performance.now(), sleep: async () => undefined },
    exec: {
      run: () => Promise.reject(new Error('no programs in this test')),
      stream: () => {
        throw new Error('no programs in this test');
      },
      spawn: () => Promise.reject(new Error('no programs in this test')),
      which: () => Promise.resolve(undefined),
    },
  };
}

function testHttp(): HttpPort {
  return {
    request: async ({ url, signal }) => {
      if (url.startsWith('file:')) return fileResponse(url);
      const response = await fetch(url, { signal });
      return {
        status: response.status,
        url: response.url,
        header: (name) => response.headers.get(name) ?? undefined,
        body: (response.body ?? []) as unknown as ByteStream,
        cancel: async () => response.body?.cancel(),
      };
    },
  };
}

async function fileResponse(url: string): ReturnType<HttpPort['request']> {
  const path = fileURLToPath(url);
  const found = await stat(path).then(
    (stats) => stats.isFile(),
    () => false,
  );
  return {
    status: found ? 200 : 404,
    url,
    header: () => undefined,
    body: found ? createReadStream(path) : createReadStream('/dev/null'),
    cancel: () => Promise.resolve(),
  };
}

function testStore(folder: string): StorePort {
  const at = (sha256: string) => join(folder, sha256);
  return {
    path: async (sha256) =>
      stat(at(sha256)).then(
        () => at(sha256),
        () => undefined,
      ),
    put: async (source, expect) => {
      await mkdir(folder, { recursive: true });
      const chunks: Uint8Array[] = [];
      for await (const chunk of source) chunks.push(Buffer.from(chunk));
      const bytes = Buffer.concat(chunks);
      const sha256 = createHash('sha256').update(bytes).digest('hex');
      const name = expect?.name ?? 'blob';
      if (expect?.size !== undefined && expect.size !== bytes.length) {
        throw mlcError('MLC7004', { name, expected: expect.size, actual: bytes.length });
      }
      if (expect?.sha256 !== undefined && expect.sha256 !== sha256) {
        throw mlcError('MLC7003', { name, expected: expect.sha256, actual: sha256 });
      }
      await writeFile(`${at(sha256)}.tmp`, bytes);
      await rename(`${at(sha256)}.tmp`, at(sha256));
      return { sha256, size: bytes.length, path: at(sha256) };
    },
    readRecord: async (kind, key) =>
      readFile(join(folder, `${kind}-${key}.json`), 'utf8').then(
        (text) => JSON.parse(text) as unknown,
        () => undefined,
      ),
    writeRecord: async (kind, key, value) => {
      await mkdir(folder, { recursive: true });
      await writeFile(join(folder, `${kind}-${key}.json`), JSON.stringify(value));
    },
    folder: async (kind, key, build) => {
      const path = join(folder, kind, key);
      await mkdir(path, { recursive: true });
      await build(path);
      return path;
    },
    withTemp: (use) => use(folder),
  };
}

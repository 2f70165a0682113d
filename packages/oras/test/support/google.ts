import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

import { onTestFinished } from 'vitest';

/** A request as the fake of Google's servers saw it. */
export interface Asked {
  readonly method: string;
  readonly path: string;
  readonly authorization: string | undefined;
  readonly flavor: string | undefined;
  readonly body: string;
}

export interface FakeGoogle {
  readonly host: string;
  readonly origin: string;
  readonly asked: Asked[];
  /** Answers for a path instead of the usual ones. */
  readonly answers: Map<string, { status: number; body: string; headers?: Record<string, string> }>;
}

/** Token server, STS, IAM credentials and metadata server on one loopback port; tokens are numbered. */
export async function fakeGoogle(expireTime = '2026-01-01T01:00:00Z'): Promise<FakeGoogle> {
  const asked: Asked[] = [];
  const answers: FakeGoogle['answers'] = new Map();
  const server = createServer((request, response) => {
    const chunks: Uint8Array[] = [];
    request.on('data', (chunk: Uint8Array) => chunks.push(chunk));
    request.on('end', () => {
      const path = request.url ?? '';
      const { authorization, 'metadata-flavor': flavor } = request.headers;
      const body = Buffer.concat(chunks).toString();
      asked.push({
        method: request.method ?? '',
        path,
        authorization,
        flavor: flavor as string | undefined,
        body,
      });
      const token = `token-${asked.length}`;
      const usual = path.includes(':generateAccessToken')
        ? { accessToken: token, expireTime }
        : { access_token: token, expires_in: 3600, token_type: 'Bearer' };
      const given = answers.get(path) ?? { status: 200, body: JSON.stringify(usual) };
      const headers = { 'content-type': 'application/json', 'metadata-flavor': 'Google' };
      response.writeHead(given.status, { ...headers, ...given.headers }).end(given.body);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { host, origin: `http://${host}`, asked, answers };
}

/** The claims of a JWT; its signature is not looked at. */
export function claimsOf(jwt: string): Record<string, unknown> {
  const [, claims = ''] = jwt.split('.');
  return JSON.parse(Buffer.from(claims, 'base64url').toString()) as Record<string, unknown>;
}

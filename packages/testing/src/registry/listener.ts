import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { AddressInfo } from 'node:net';

import type { Certificate } from './tls/certificate.ts';

/** A server that listens. */
export interface Listener {
  /** `http://127.0.0.1:49152` */
  readonly origin: string;
  readonly port: number;
  /** Cuts all connections, and stops listening. */
  close(): Promise<void>;
}

/** Where to listen. */
export interface ListenOptions {
  /** An address of this machine. */
  readonly address: string;
  /** 0 for any that is free. */
  readonly port: number;
  /** What stands in the origin; the address when left out. */
  readonly name: string | undefined;
  /** For https. */
  readonly certificate: Certificate | undefined;
}

/** What answers. */
export type Answerer = (request: IncomingMessage, response: ServerResponse) => Promise<void>;

/** Listens on a port; what `answer` throws cuts the connection. */
export async function listen(
  { address, port, name, certificate }: ListenOptions,
  answer: Answerer,
): Promise<Listener> {
  const handle = (request: IncomingMessage, response: ServerResponse): void => {
    answer(request, response).catch(() => request.socket.destroy());
  };
  const server: Server =
    certificate === undefined
      ? createServer(handle)
      : createSecureServer({ key: certificate.key, cert: certificate.chain }, handle);
  // Tests stall on purpose, and longer than any default allows.
  Object.assign(server, { requestTimeout: 0, headersTimeout: 0, keepAliveTimeout: 60_000 });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, address, resolve);
  });
  const bound = (server.address() as AddressInfo).port;
  const host = name ?? (address.includes(':') ? `[${address}]` : address);
  return {
    origin: `${certificate === undefined ? 'http' : 'https'}://${host}:${bound}`,
    port: bound,
    close: () => close(server),
  };
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}

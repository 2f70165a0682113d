import {
  createServer,
  request as forward,
  type IncomingMessage,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';

/** A proxy for plain http that knows a few names alone; `await using` ends it. */
export interface ForwardProxy extends AsyncDisposable {
  /** `http://127.0.0.1:49152` */
  readonly origin: string;
  /** The hosts that were asked for, in order, with their ports. */
  readonly asked: readonly string[];
}

/** Forwards requests for a name to an origin; any other name or address is written down and answered by 502. */
export async function startForwardProxy(
  names: Readonly<Record<string, string>>,
): Promise<ForwardProxy> {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '');
    asked.push(url.host);
    const origin = names[url.host];
    if (origin === undefined) response.writeHead(502).end();
    else pass(request, response, new URL(url.pathname + url.search, origin));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const close = async (): Promise<void> => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
  return { origin: `http://127.0.0.1:${port}`, asked, [Symbol.asyncDispose]: close };
}

function pass(request: IncomingMessage, response: ServerResponse, url: URL): void {
  const { method = 'GET', headers } = request;
  const onward = forward(url, { method, headers }, (answer) => {
    response.writeHead(answer.statusCode ?? 502, answer.headers);
    answer.pipe(response);
  });
  onward.on('error', () => response.destroy());
  request.pipe(onward);
}

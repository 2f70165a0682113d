// eslint-disable-next-line no-restricted-imports -- the loopback of this machine is not the network
import { createServer } from 'node:net';

/** The host address that containers are reached at; never one that the network can reach. */
export const LOOPBACK = '127.0.0.1';

/** The wished port when it is free on the loopback, otherwise one that is. */
export async function freePort(wished: number): Promise<number> {
  return (await tryPort(wished)) ?? (await tryPort(0)) ?? 0;
}

function tryPort(port: number): Promise<number | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(undefined));
    server.listen({ host: LOOPBACK, port, exclusive: true }, () => {
      const address = server.address();
      const found = typeof address === 'object' && address !== null ? address.port : undefined;
      server.close(() => resolve(found));
    });
  });
}

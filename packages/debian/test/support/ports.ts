import { nodePorts } from '@mlcontainer/node-ports';
import type { Ports } from '@mlcontainer/plugin-kit';

/** The real ports, with a store of their own and a clock that a test may set. */
export function testPorts(folder: string, now: () => Date = () => new Date()): Ports {
  const ports = nodePorts({ env: {}, cacheDir: folder });
  return { ...ports, clock: { ...ports.clock, now } };
}

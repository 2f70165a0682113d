import type { ClockPort, Ports } from '@mlcontainer/plugin-kit';

import { createClock } from './clock.ts';
import type { Environment } from './environment.ts';
import { createExec } from './exec/exec.ts';
import { createHttp, type NodeHttp, type TransferProgress } from './http/http.ts';
import { storeLocation } from './store/location.ts';
import { createStore } from './store/store.ts';

/** What the four ports need to know of their surroundings. */
export interface NodePortsOptions {
  /** The environment of the process, handed in: `process.env` in the CLI, a small record in a test. */
  readonly env: Environment;
  /** Where the store stands; otherwise MLCONTAINER_CACHE_DIR, XDG_CACHE_HOME, HOME/.cache, the temporary folder. */
  readonly cacheDir?: string;
  /** Refuse the network with MLC7005. */
  readonly offline?: boolean;
  /** The only hosts that may be contacted; all when left out. */
  readonly allowHosts?: readonly string[];
  readonly onProgress?: (progress: TransferProgress) => void;
}

/** The four ports on this machine. */
export interface NodePorts extends Ports {
  readonly http: NodeHttp;
  readonly clock: ClockPort;
}

/** The effects of mlcontainer on Node: HTTP, programs, store, clock. Nothing is opened before it is used. */
export function nodePorts(options: NodePortsOptions): NodePorts {
  const { env, cacheDir, ...rest } = options;
  const clock = createClock();
  return {
    http: createHttp({ env, clock, ...rest }),
    exec: createExec({ env }),
    store: createStore(storeLocation(env, cacheDir)),
    clock,
  };
}

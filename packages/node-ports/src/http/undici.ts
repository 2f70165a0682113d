import type * as whole from 'undici';
// Only the whole has types; its version is pinned, since the places of its parts are its own affair.
// @ts-expect-error -- no types
import Agent from 'undici/lib/dispatcher/agent.js';
// @ts-expect-error -- no types
import Dispatcher from 'undici/lib/dispatcher/dispatcher.js';
// @ts-expect-error -- no types
import Pool from 'undici/lib/dispatcher/pool.js';
// @ts-expect-error -- no types
import ProxyAgent from 'undici/lib/dispatcher/proxy-agent.js';
// @ts-expect-error -- no types
import api from 'undici/lib/api/index.js';

type Parts = Pick<typeof whole, 'Agent' | 'Dispatcher' | 'Pool' | 'ProxyAgent'>;

const parts: Record<keyof Parts, unknown> = { Agent, Dispatcher, Pool, ProxyAgent };

/** The parts of undici that are used here. All of it, with fetch, caches and WebSockets, takes 40 ms longer to load. */
export const undici = parts as Parts;

// As undici's own entry does it: `request`, and `connect` for tunnels through a proxy.
Object.assign(undici.Dispatcher.prototype, api);

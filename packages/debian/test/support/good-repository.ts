import { cpSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  resolveDebian,
  type DebianLock,
  type MirrorSettings,
  type ResolveRequest,
} from '../../src/index.ts';
import { tempFolder } from './host.ts';
import { testPorts } from './ports.ts';
import {
  clearsign,
  makeKey,
  makeRepository,
  NOW,
  releaseText,
  serve,
  type TestKey,
} from './repository.ts';

/** What one try changes. */
export interface Try {
  readonly store?: string;
  readonly now?: Date;
  readonly key?: TestKey;
  readonly mirrors?: Partial<MirrorSettings>;
  readonly request?: Partial<ResolveRequest>;
}

/** A good repository on loopback, to be copied and attacked. */
export interface GoodRepository {
  readonly folder: string;
  readonly base: string;
  /** The folder of the repository. */
  readonly good: string;
  readonly key: TestKey;
  /** A copy for one attack, and where it is served. */
  copy(): { readonly root: string; readonly url: string; readonly dist: string };
  settings(url: string, more?: Partial<MirrorSettings>): MirrorSettings;
  lock(url: string, options?: Try): Promise<DebianLock>;
}

/** Signs a changed release file of a suite. */
export function resign(
  dist: string,
  changes: Record<string, string | undefined>,
  key: TestKey,
  args: string[] = [],
): void {
  writeFileSync(
    join(dist, 'InRelease'),
    clearsign(key, releaseText(dist, 'bookworm', changes), args),
  );
}

export async function goodRepository(): Promise<GoodRepository> {
  const folder = tempFolder();
  const key = makeKey('archive');
  const good = join(folder, 'good');
  makeRepository(good, { key, debs: [{ name: 'libaa', files: { 'usr/lib/aa': 'aa' } }] });
  const base = await serve(folder);
  let count = 0;
  const lock = (url: string, options: Try = {}) => {
    const store = join(folder, options.store ?? `store${count}`);
    const ports = testPorts(store, () => options.now ?? NOW);
    const request: ResolveRequest = {
      suite: 'bookworm',
      architecture: 'amd64',
      packages: ['libaa'],
      base: [],
      python: [],
      mirrors: settings(url, options.mirrors),
      keyring: (options.key ?? key).keyring,
      ...options.request,
    };
    return resolveDebian(request, { ports, signal: AbortSignal.timeout(20_000) });
  };
  const copy = () => {
    count += 1;
    const root = join(folder, `r${count}`);
    cpSync(good, root, { recursive: true });
    return { root, url: `${base}/r${count}`, dist: join(root, 'dists/bookworm') };
  };
  return { folder, base, good, key, copy, settings, lock };
}

function settings(url: string, more: Partial<MirrorSettings> = {}): MirrorSettings {
  const mirror = { url, source: 'environment', detail: 'test' } as const;
  return {
    debian: mirror,
    security: mirror,
    updates: true,
    snapshotService: undefined,
    acceptExpired: false,
    ...more,
  };
}

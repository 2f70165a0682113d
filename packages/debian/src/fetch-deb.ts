import { mlcError, type HttpResponse } from '@mlcontainer/plugin-kit';
import { below, readAll, requestFile, type FetchContext } from './archive/fetch.ts';
import type { LockedDeb } from './lock.ts';
import {
  mainMirror,
  mirrorOf,
  withoutCredentials,
  type MirrorSettings,
} from './mirrors/settings.ts';

const PURPOSE = 'Debian package';
/** What the snapshot service says about the files of one package. Bytes. */
const ANSWER_LIMIT = 1 << 20;

/**
 * The path of a package's file in the store, fetched and proved by its hash where it is not held. Mirrors keep
 * only the newest versions; an older one comes from the snapshot service, where the mirrors' settings name one.
 * Throws MLC4017 when nothing names a mirror, MLC4024 when nobody holds it, MLC7003 and MLC7004 when the bytes are others, and MLC70xx.
 */
export async function fetchDeb(
  deb: LockedDeb,
  mirrors: MirrorSettings,
  cx: FetchContext,
): Promise<string> {
  const held = await cx.ports.store.path(deb.sha256);
  if (held !== undefined) return held;
  const tried: string[] = [];
  for (const source of sourcesOf(deb, mirrors)) {
    const response = await source(cx, tried);
    if (response !== undefined) return keep(response, deb, cx);
  }
  throw mlcError('MLC4024', { deb: `${deb.name} ${deb.version}`, tried });
}

async function keep(response: HttpResponse, deb: LockedDeb, cx: FetchContext): Promise<string> {
  const name = deb.file.slice(deb.file.lastIndexOf('/') + 1);
  const { path } = await cx.ports.store.put(response.body, {
    sha256: deb.sha256,
    size: deb.size,
    name,
  });
  return path;
}

/** One place to ask; adds itself to what was tried when it does not hold the file. */
type Source = (cx: FetchContext, tried: string[]) => Promise<HttpResponse | undefined>;

function sourcesOf(deb: LockedDeb, mirrors: MirrorSettings): Source[] {
  const mirror = deb.archive === 'debian' ? mainMirror(mirrors) : mirrorOf(mirrors, deb.archive);
  const { snapshotService } = mirrors;
  return [
    ...(mirror === undefined ? [] : [fromMirror(mirror.url, deb)]),
    ...(snapshotService === undefined ? [] : [fromSnapshots(snapshotService, deb)]),
  ];
}

function fromMirror(base: string, deb: LockedDeb): Source {
  return async (cx, tried) => {
    const url = below(base, deb.file);
    const response = await requestFile(url, PURPOSE, cx);
    if (!('missing' in response)) return response;
    tried.push(withoutCredentials(url));
    return undefined;
  };
}

/**
 * The snapshot service finds a file by package, version and architecture, and serves it by its SHA-1, which it
 * names; what comes is proved by our SHA-256 (the service's "machine-usable interface").
 */
function fromSnapshots(service: string, deb: LockedDeb): Source {
  return async (cx, tried) => {
    const url = `${below(service, `mr/binary/${deb.name}/${deb.version}/binfiles`)}?fileinfo=1`;
    const answer = await requestFile(url, PURPOSE, cx);
    const hashes = 'missing' in answer ? [] : hashesOf(await readAll(answer, ANSWER_LIMIT), deb);
    for (const hash of hashes) {
      const response = await requestFile(below(service, `file/${hash}`), PURPOSE, cx);
      if (!('missing' in response)) return response;
    }
    tried.push(withoutCredentials(url));
    return undefined;
  };
}

interface BinFiles {
  readonly result?: readonly { readonly hash?: unknown; readonly architecture?: unknown }[];
}

function hashesOf(answer: Uint8Array, deb: LockedDeb): string[] {
  const { result = [] } = parseJson(answer);
  return result
    .filter((file) => file.architecture === deb.architecture)
    .map((file) => String(file.hash))
    .filter((hash) => /^[0-9a-f]{40}$/.test(hash));
}

function parseJson(bytes: Uint8Array): BinFiles {
  try {
    const value: unknown = JSON.parse(new TextDecoder().decode(bytes));
    const isAnswer =
      typeof value === 'object' &&
      value !== null &&
      'result' in value &&
      Array.isArray(value.result);
    return isAnswer ? (value as BinFiles) : {};
  } catch {
    return {};
  }
}

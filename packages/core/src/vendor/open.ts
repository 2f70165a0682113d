import { existsSync } from 'node:fs';
import path from 'node:path';
import type { EngineContext } from '../context.ts';
import { once } from '../once.ts';

/**
 * A context that asks a vendored bundle before the network: `place` is the file or folder of an OCI layout, or
 * `registry/repository`, whose blobs are the inputs. Opened when the first input is missing from the store.
 */
export function withBundle(cx: EngineContext, place: string | undefined): EngineContext {
  if (place === undefined) return cx;
  const file = path.resolve(cx.cwd, place);
  const content = once(async () => {
    const { openLayoutSource } = await import('@mlcontainer/oras');
    if (existsSync(file)) return openLayoutSource(file, { signal: cx.signal });
    const { openRepository } = await import('../registry/client.ts');
    return openRepository(cx, place);
  });
  return { ...cx, bundle: { content } };
}

import { existsSync } from 'node:fs';
import path from 'node:path';
import type { ContentSource } from '@mlcontainer/oras';
import type { EngineContext } from '../context.ts';

/** An archive is a file that stays open. */
type OpenContent = ContentSource & { close?(): Promise<void> };

/**
 * Lends a context that asks a vendored bundle before the network: `place` is the file or folder of an OCI layout, or
 * `registry/repository`, whose blobs are the inputs. Opened when the first input is missing from the store.
 */
export async function withBundle<T>(
  cx: EngineContext,
  place: string | undefined,
  use: (cx: EngineContext) => Promise<T>,
): Promise<T> {
  if (place === undefined) return use(cx);
  let opening: Promise<OpenContent> | undefined;
  const content = (): Promise<OpenContent> => (opening ??= openContent(cx, place));
  try {
    return await use({ ...cx, bundle: { content } });
  } finally {
    // Whoever asked has been told why it could not be opened.
    const opened = await opening?.catch(() => undefined);
    await opened?.close?.();
  }
}

async function openContent(cx: EngineContext, place: string): Promise<OpenContent> {
  const file = path.resolve(cx.cwd, place);
  const { openLayoutSource } = await import('@mlcontainer/oras');
  if (existsSync(file)) return openLayoutSource(file, { signal: cx.signal });
  const { openRepository } = await import('../registry/client.ts');
  return openRepository(cx, place);
}

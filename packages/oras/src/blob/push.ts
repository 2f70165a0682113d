import type { Context } from '../context.ts';
import type { Content, PushOptions, PushOutcome } from '../content.ts';
import { mountBlob } from './mount.ts';
import { hasBlob } from './read.ts';
import { uploadBlob } from './upload.ts';

/** Brings a blob in: nothing where it is there, by a mount, or by an upload. `content` is opened for an upload alone. */
export async function pushBlob(
  context: Context,
  content: Content,
  options: PushOptions,
): Promise<PushOutcome> {
  const { signal, mountFrom = [], missing = false } = options;
  const { digest, size } = content.descriptor;
  if (
    !missing &&
    (await hasBlob(context, content.descriptor, { signal, mountFrom, access: 'push' }))
  )
    return { how: 'present', sent: 0 };
  return context.uploads(async () => {
    signal.throwIfAborted();
    const mount = await mountBlob(context, { digest, size, mountFrom, signal });
    if (mount === 'mounted') return { how: 'mounted', sent: 0 };
    return { how: 'uploaded', sent: await uploadBlob(context, content, options, mount) };
  });
}

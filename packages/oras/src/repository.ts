import { pushBlob } from './blob/push.ts';
import { fetchBlob, hasBlob } from './blob/read.ts';
import type { Content, PushOptions, PushOutcome } from './content.ts';
import { pushKey, type Context } from './context.ts';
import { getManifest, getOwnManifest, headManifest, resolveManifest } from './manifest/read.ts';
import { deleteManifest, putManifest, tagManifest } from './manifest/write.ts';
import { isManifest } from './media-types.ts';
import { asDigest } from './reference.ts';
import { listReferrers } from './referrers/list.ts';
import type { ManifestOptions, Repository } from './registry.ts';
import { listTags } from './tags.ts';

/** The operations of one repository. */
export function createRepository(context: Context): Repository {
  const { registry, repository, name } = context;
  return {
    ...{ registry, repository, name },
    resolve: (reference, options) => resolveManifest(context, reference, options),
    async *fetch(descriptor, options) {
      if (isManifest(descriptor)) yield (await getManifest(context, descriptor, options)).bytes;
      else yield* fetchBlob(context, descriptor, options);
    },
    async has(descriptor, options: ManifestOptions) {
      return isManifest(descriptor)
        ? (await headManifest(context, descriptor.digest, options)) !== undefined
        : hasBlob(context, descriptor, options);
    },
    referrers: (subject, options) => listReferrers(context, subject, options),
    tags: (options) => listTags(context, options),
    push: (content, options) => push(context, content, options),
    tag: (manifest, tag, options) => tagManifest(context, manifest, tag, options),
    headManifest: (reference, options) => headManifest(context, reference, options),
    getManifest: (reference, options) => getManifest(context, reference, options),
    ownManifest: (reference, options) => getOwnManifest(context, reference, options),
    putManifest: (content, tag, options) => putManifest(context, content, tag, options),
    deleteManifest: ({ digest }, options) => deleteManifest(context, digest, options),
  };
}

/** One upload a digest and repository, however often it is asked for; afterwards it counts as there. */
async function push(
  context: Context,
  content: Content,
  options: PushOptions,
): Promise<PushOutcome> {
  const { digest } = content.descriptor;
  asDigest(digest, context.name);
  const key = pushKey(context, digest);
  if (options.missing === true) context.pushed.forgetDone(key);
  let mine = false;
  const outcome = await context.pushed.run(key, options.signal, () => {
    mine = true;
    return isManifest(content.descriptor)
      ? pushManifest(context, content, options)
      : pushBlob(context, content, options);
  });
  return mine ? outcome : { how: 'present', sent: 0 };
}

async function pushManifest(
  context: Context,
  content: Content,
  options: PushOptions,
): Promise<PushOutcome> {
  const { digest, size } = content.descriptor;
  const { signal, missing = false } = options;
  const access = { signal, access: 'push' } as const;
  if (!missing && (await headManifest(context, digest, access)) !== undefined)
    return { how: 'present', sent: 0 };
  await putManifest(context, content, undefined, options);
  return { how: 'uploaded', sent: size };
}

import { digestOf, MEDIA_TYPES, type Descriptor, type Digest } from '@mlcontainer/oci';
import { mlcError } from '@mlcontainer/plugin-kit';

import type { Content, ContentOptions } from '../content.ts';
import type { Context } from '../context.ts';
import { parseManifest } from '../manifest/parse.ts';
import { getOwnManifest } from '../manifest/read.ts';
import { putManifest } from '../manifest/write.ts';
import { hasReferrersApi } from './list.ts';

/** How often the list is written where others write it too. */
const ATTEMPTS = 5;
const PAUSE_MS = 100;

/** `sha256-<hex>` (distribution-spec, Referrers Tag Schema). */
export function referrersTag({ digest }: Pick<Descriptor, 'digest'>): string {
  return digest.replace(':', '-');
}

/** What the referrers tag of a subject lists; empty where there is none. */
export async function listByTag(
  context: Context,
  subject: Pick<Descriptor, 'digest'>,
  signal: AbortSignal,
): Promise<readonly Descriptor[]> {
  const found = await getOwnManifest(context, referrersTag(subject), { signal });
  if (found === undefined) return [];
  return parseManifest(found.bytes, context.name, found.descriptor.digest).manifests;
}

/** Puts a manifest into the list of its subject's referrers tag, where the registry has no list of its own. */
export async function addReferrer(
  context: Context,
  subject: Descriptor,
  referrer: Descriptor,
  options: ContentOptions,
): Promise<void> {
  await change(context, subject, options, (list) =>
    list.some(({ digest }) => digest === referrer.digest) ? undefined : [...list, referrer],
  );
}

/** Takes a manifest out of that list; an empty list stays. */
export async function removeReferrer(
  context: Context,
  subject: Descriptor,
  gone: Digest,
  options: ContentOptions,
): Promise<void> {
  if (await hasReferrersApi(context, subject, options.signal)) return;
  await change(context, subject, options, (list) =>
    list.some(({ digest }) => digest === gone)
      ? list.filter(({ digest }) => digest !== gone)
      : undefined,
  );
}

type Edit = (list: readonly Descriptor[]) => readonly Descriptor[] | undefined;

/**
 * Reads, changes, writes, and reads again: registries know no conditional write of a tag, so whoever was overwritten
 * notices here and writes once more. Within one client, one at a time.
 */
async function change(
  context: Context,
  subject: Descriptor,
  options: ContentOptions,
  edit: Edit,
): Promise<void> {
  const { signal } = options;
  await context.lists(`${context.name}@${subject.digest}`, async () => {
    for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
      const next = edit(await listByTag(context, subject, signal));
      if (next === undefined) return;
      await write(context, referrersTag(subject), next, options);
      if (edit(await listByTag(context, subject, signal)) === undefined) return;
      await context.clock.sleep(PAUSE_MS * 2 ** attempt, signal);
    }
    const { name } = context;
    throw mlcError('MLC6523', { name, tag: referrersTag(subject) });
  });
}

async function write(
  context: Context,
  tag: string,
  list: readonly Descriptor[],
  options: ContentOptions,
): Promise<void> {
  const byDigest = new Map(list.map((entry) => [entry.digest, entry]));
  const manifests = [...byDigest.values()].sort((a, b) => (a.digest < b.digest ? -1 : 1));
  const index = { schemaVersion: 2, mediaType: MEDIA_TYPES.index, manifests };
  await putManifest(context, jsonContent(MEDIA_TYPES.index, index), tag, options);
}

function jsonContent(mediaType: string, value: object): Content {
  const bytes = Buffer.from(JSON.stringify(value));
  return {
    descriptor: { mediaType, digest: digestOf(bytes), size: bytes.byteLength },
    async *open() {
      yield bytes;
    },
  };
}

/** A repository as a command names it. */
export interface NamedTarget {
  /** `registry/repository` */
  readonly repository: string;
  readonly tag?: string;
}

/** Reads `registry/repository[:tag]`. Throws MLC6501, also for a digest: what is pushed decides that. */
export async function pushTarget(text: string): Promise<NamedTarget> {
  const { formatReference, parseReference } = await import('@mlcontainer/oras');
  const { mlcError } = await import('@mlcontainer/plugin-kit');
  const { registry, repository, tag, digest } = parseReference(text);
  if (digest !== undefined)
    throw mlcError('MLC6501', { reference: text, detail: 'a push takes a tag, not a digest' });
  return {
    repository: formatReference({ registry, repository }),
    ...(tag === undefined ? {} : { tag }),
  };
}

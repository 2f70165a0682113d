/**
 * Repository, tag and digest of a reference of the config, whose form was checked when it was read. The registry's
 * host is left out: an image is proved by its digest, whoever serves it.
 */
export function repositoryRequest(reference: string): {
  readonly repository: string;
  readonly tag: string | null;
  readonly digest: string | null;
} {
  const [name = '', digest = null] = reference.split('@');
  const slash = name.indexOf('/');
  const host = /[.:]|^localhost$/.test(name.slice(0, Math.max(slash, 0)));
  const path = host ? name.slice(slash + 1) : name;
  const colon = path.lastIndexOf(':');
  const tag = colon < 0 ? null : path.slice(colon + 1);
  const repository = colon < 0 ? path : path.slice(0, colon);
  return { repository, tag: tag ?? (digest === null ? 'latest' : null), digest };
}

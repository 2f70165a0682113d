/** A repository's name (distribution-spec, Pulling manifests). */
const NAME = /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*$/;
const TAG = /^[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}$/;

/** The endpoints of distribution-spec, Endpoints; `uploads` begins one, `upload` is one that was begun. */
export type Endpoint =
  'base' | 'blob' | 'uploads' | 'upload' | 'manifest' | 'tags' | 'referrers' | 'token' | 'other';

/** Where a path leads. */
export interface Route {
  readonly endpoint: Endpoint;
  /** Empty for `base` and `other`. */
  readonly repository: string;
  /** A digest, a tag or the id of an upload. */
  readonly reference: string;
}

const SHAPES: readonly (readonly [Endpoint, RegExp])[] = [
  ['uploads', /^\/v2\/(.+)\/blobs\/uploads\/?$/],
  ['upload', /^\/v2\/(.+)\/blobs\/uploads\/([^/]+)$/],
  ['blob', /^\/v2\/(.+)\/blobs\/([^/]+)$/],
  ['manifest', /^\/v2\/(.+)\/manifests\/([^/]+)$/],
  ['tags', /^\/v2\/(.+)\/tags\/list$/],
  ['referrers', /^\/v2\/(.+)\/referrers\/([^/]+)$/],
];

/** The route of a path; `other` where the specification knows none. */
export function routeOf(path: string): Route {
  if (path === '/v2/' || path === '/v2') return { endpoint: 'base', repository: '', reference: '' };
  for (const [endpoint, shape] of SHAPES) {
    const match = shape.exec(path);
    if (match !== null)
      return { endpoint, repository: match[1] ?? '', reference: decoded(match[2] ?? '') };
  }
  return { endpoint: 'other', repository: '', reference: '' };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** Whether a name may be a repository's. */
export function isName(name: string): boolean {
  return name.length <= 255 && NAME.test(name);
}

/** Whether a text may be a tag. */
export function isTag(text: string): boolean {
  return TAG.test(text);
}

/** How a registry keeps to what the specification leaves open; statuses of 0 mean that it does what it is asked. */
export interface Profile {
  /** How many PATCHes an upload may have; more are refused with UNSUPPORTED. */
  readonly patches: number;
  /** `OCI-Chunk-Min-Length`, bytes. */
  readonly minChunk: number;
  /** What POST with `digest` and a body gives: `created`, or `accepted` with a session as registries do that know no single POST. */
  readonly singlePost: 'created' | 'accepted';
  /** What becomes of a mount: done; answered by 202 and a session; or refused with a status. */
  readonly mount: 'mount' | 'session' | number;
  /** The same without `from`. */
  readonly anonymousMount: 'mount' | 'session' | number;
  /** A mount whose source the token does not cover: 401 with the scope wanted, or 202 and a session. */
  readonly uncoveredMount: 'challenge' | 'session';
  readonly referrers: boolean;
  /** Descriptors a page. */
  readonly referrersPage: number;
  readonly filtersReferrers: boolean;
  /** Tags a page where the client asks for none or for more. */
  readonly tagsPage: number;
  /** Refuses manifests whose parts are not there. */
  readonly checksReferences: boolean;
  /** What HEAD and GET of a blob answer where the repository does not exist; 404 by the specification. */
  readonly unknownRepository: number;
  /** Answers with the digest in a header, as 1.1 asks for. */
  readonly digestHeader: boolean;
  /** Locations with scheme and host. */
  readonly absoluteLocations: boolean;
  /** What becomes of bytes of a request that broke off: kept, so that an upload may go on, or dropped. */
  readonly brokenBytes: 'keep' | 'drop';
  /** Parts of requests answered by 206. */
  readonly ranges: boolean;
  readonly deletes: boolean;
  /** `tag` parameters of a manifest's PUT. */
  readonly tagParameters: boolean;
  readonly sha512: boolean;
  /** Bytes. */
  readonly manifestLimit: number;
}

const GENERIC: Profile = {
  patches: Number.POSITIVE_INFINITY,
  minChunk: 0,
  singlePost: 'created',
  mount: 'mount',
  anonymousMount: 'mount',
  uncoveredMount: 'challenge',
  referrers: true,
  referrersPage: 100,
  filtersReferrers: true,
  tagsPage: 1000,
  checksReferences: true,
  unknownRepository: 404,
  digestHeader: true,
  absoluteLocations: false,
  brokenBytes: 'keep',
  ranges: true,
  deletes: true,
  tagParameters: true,
  sha512: true,
  manifestLimit: 4 * 1024 * 1024,
};

/** Known kinds of registry, by what clients meet there; each is the strict generic one but for what is named. */
export const PROFILES = {
  generic: GENERIC,
  /** No chunks (a second PATCH is refused), absolute locations. */
  'artifact-registry': { ...GENERIC, patches: 1, absoluteLocations: true, singlePost: 'accepted' },
  /** No referrers API: 404, so that clients fall back to the tag schema. */
  'no-referrers': { ...GENERIC, referrers: false },
  /** Mounts within one registry; a source that the token does not cover gives a session instead of a challenge. */
  'docker-hub-like': {
    ...GENERIC,
    anonymousMount: 'session',
    uncoveredMount: 'session',
    absoluteLocations: true,
    singlePost: 'accepted',
    referrers: false,
  },
  /** A mount without `from` is an error. */
  'quay-like': { ...GENERIC, anonymousMount: 405, referrersPage: 2 },
  /** A mount is an error, with a source or without. */
  'artifactory-like': { ...GENERIC, mount: 405, anonymousMount: 405, filtersReferrers: false },
  /** A blob of a repository that does not exist yet is forbidden, not missing. */
  'harbor-like': { ...GENERIC, unknownRepository: 403, anonymousMount: 'session' },
  /** As distribution 2.8 answers: no referrers, no single POST, no anonymous mount. */
  'distribution-2-like': {
    ...GENERIC,
    referrers: false,
    singlePost: 'accepted',
    anonymousMount: 'session',
    absoluteLocations: true,
    tagParameters: false,
  },
} as const satisfies Readonly<Record<string, Profile>>;

/** The name of a known kind of registry. */
export type ProfileName = keyof typeof PROFILES;

/** A profile by its name, with what is different. */
export function profileOf(
  name: ProfileName = 'generic',
  different: Partial<Profile> = {},
): Profile {
  return { ...PROFILES[name], ...different };
}

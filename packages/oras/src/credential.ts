/** What a registry is shown. Never printed. */
export type Credential =
  | { readonly kind: 'anonymous' }
  | { readonly kind: 'basic'; readonly username: string; readonly password: string }
  /** An OAuth2 refresh token, exchanged at the token server (`identitytoken` of docker's files). */
  | { readonly kind: 'identity-token'; readonly token: string }
  /** Sent as it is (`registrytoken` of docker's files). */
  | { readonly kind: 'bearer'; readonly token: string };

/** A place that was asked for a credential and gave none. */
export interface SkippedSource {
  /** `~/.docker/config.json: credHelpers` */
  readonly source: string;
  readonly reason: string;
}

/** The credential for one repository, and why it is this one; without a secret outside `credential`. */
export interface FoundCredential {
  readonly credential: Credential;
  /** `none` for an anonymous one. */
  readonly source: string;
  readonly skipped: readonly SkippedSource[];
  /** After that the lookup must be asked again. */
  readonly expiresAt?: Date;
}

/** Looks a credential up by exact registry host and, where a file is scoped by path, the longest matching repository path. */
export interface CredentialStore {
  find(
    registry: string,
    repository: string,
    options: { readonly signal: AbortSignal; readonly fresh?: boolean },
  ): Promise<FoundCredential>;
}

/** Another place of a registry's content. */
export interface MirrorLocation {
  /** `host[:port][/prefix]` */
  readonly location: string;
  /** The repository there, where it is another than the prefix and the repository behind it. */
  readonly repository?: string;
  readonly plainHttp?: boolean;
  readonly insecure?: boolean;
  /** For which references alone it may be asked. */
  readonly pulls?: 'digest-only' | 'tag-only';
}

/** How one registry is reached; by default https at its own name. */
export interface RegistrySettings {
  /** http instead of https; only where it was named by the user. */
  readonly plainHttp?: boolean;
  /** PEM file trusted besides the system's. */
  readonly caFile?: string;
  readonly clientCert?: { readonly certFile: string; readonly keyFile: string };
  /** The server's certificate is not verified; only where it was named by the user. */
  readonly insecure?: boolean;
  /** Asked in this order before the registry itself, for pulls alone. */
  readonly mirrors?: readonly MirrorLocation[];
  /** Where the registry is really reached, for pulls and pushes (`location` of registries.conf). */
  readonly servedAt?: MirrorLocation;
  /** Nothing may be asked of it. */
  readonly blocked?: boolean;
  /** Who said so, for `doctor`: `/etc/containers/registries.conf`. */
  readonly source?: string;
}

/** Settings by exact registry host (`host[:port]`) and repository. */
export type SettingsLookup = (registry: string, repository: string) => Promise<RegistrySettings>;

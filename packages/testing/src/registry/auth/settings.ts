/** What one user may do; `*` stands for any user, and for any repository or the rest of its path. */
export interface Grant {
  /** Empty for whoever shows no credential. */
  readonly user: string;
  readonly repository: string;
  readonly actions: readonly Action[];
}

/** Actions of the scopes of token authentication (distribution, docs/spec/auth/scope.md). */
export type Action = 'pull' | 'push' | 'delete';

/** User name and password in every request (RFC 7617). */
export interface BasicAuthentication {
  readonly kind: 'basic';
  /** Name to password. */
  readonly users: Readonly<Record<string, string>>;
  /** Every user may do everything when left out. */
  readonly grants?: readonly Grant[];
}

/** Tokens of an endpoint of its own, on a port of its own (distribution, docs/spec/auth/token.md and oauth.md). */
export interface BearerAuthentication {
  readonly kind: 'bearer';
  readonly users: Readonly<Record<string, string>>;
  /** Refresh token to user, for the OAuth2 POST. */
  readonly identityTokens?: Readonly<Record<string, string>>;
  /** How long a token is good, by the registry's clock; 300 when left out. */
  readonly lifetimeSeconds?: number;
  /** False: the endpoint knows no POST and answers it with 404. */
  readonly oauth2?: boolean;
  readonly grants?: readonly Grant[];
  /** The realm that is named, where it is not the endpoint's own address. */
  readonly realm?: string;
  readonly service?: string;
}

/** How clients show who they are. */
export type Authentication = { readonly kind: 'none' } | BasicAuthentication | BearerAuthentication;

/** Whether a user may do something. */
export function isGranted(
  { users, grants }: BasicAuthentication | BearerAuthentication,
  user: string,
  repository: string,
  action: Action,
): boolean {
  if (grants === undefined) return Object.hasOwn(users, user);
  return grants.some(
    (grant) =>
      (grant.user === user || grant.user === '*') &&
      isWithin(repository, grant.repository) &&
      grant.actions.includes(action),
  );
}

function isWithin(repository: string, pattern: string): boolean {
  return pattern.endsWith('*')
    ? repository.startsWith(pattern.slice(0, -1))
    : repository === pattern;
}

/** The user of an Authorization header of the Basic scheme: a name, `refused`, or undefined without one. */
export function basicUser(
  header: string | undefined,
  users: Readonly<Record<string, string>>,
): { readonly user: string } | 'refused' | undefined {
  if (header === undefined) return undefined;
  const [scheme = '', encoded = ''] = header.split(' ');
  if (scheme.toLowerCase() !== 'basic') return 'refused';
  const text = Buffer.from(encoded, 'base64').toString();
  const [user, password] = [text.slice(0, text.indexOf(':')), text.slice(text.indexOf(':') + 1)];
  return Object.hasOwn(users, user) && users[user] === password ? { user } : 'refused';
}

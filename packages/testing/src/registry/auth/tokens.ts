import { randomUUID } from 'node:crypto';

import type { Scope } from './scopes.ts';
import { isGranted, type Action, type BearerAuthentication } from './settings.ts';

/** A token that was given out. */
export interface Token {
  readonly text: string;
  /** Empty for nobody in particular. */
  readonly user: string;
  readonly scopes: readonly Scope[];
  readonly issuedAt: Date;
  readonly expiresAt: Date;
}

/** The tokens of one registry. */
export interface Tokens {
  issue(user: string, scopes: readonly Scope[]): Token;
  /** The token with this text; `expired` where it was good once. */
  find(text: string): Token | 'expired' | undefined;
  /** Makes every token invalid that was given out so far. */
  revokeAll(): void;
  /** For whoever has to show that user later without a password. */
  refreshToken(user: string): string;
  userOf(refreshToken: string): string | undefined;
  readonly issued: readonly Token[];
}

/** Gives out opaque tokens; a token has only those of the scopes asked for that its user is granted. */
export function createTokens(settings: BearerAuthentication, now: () => Date): Tokens {
  const issued: Token[] = [];
  const valid = new Map<string, Token>();
  const refresh = new Map(Object.entries(settings.identityTokens ?? {}));
  return {
    issued,
    issue: (user, scopes) => {
      const issuedAt = now();
      const life = (settings.lifetimeSeconds ?? 300) * 1000;
      const token: Token = {
        text: `token-${randomUUID()}`,
        user,
        scopes: scopes.map((scope) => grantedPart(settings, user, scope)),
        issuedAt,
        expiresAt: new Date(issuedAt.getTime() + life),
      };
      issued.push(token);
      valid.set(token.text, token);
      return token;
    },
    find: (text) => {
      const token = valid.get(text);
      return token !== undefined && token.expiresAt <= now() ? 'expired' : token;
    },
    revokeAll: () => valid.clear(),
    refreshToken: (user) => {
      const text = `refresh-${randomUUID()}`;
      refresh.set(text, user);
      return text;
    },
    userOf: (text) => refresh.get(text),
  };
}

function grantedPart(settings: BearerAuthentication, user: string, scope: Scope): Scope {
  const actions = scope.actions.filter((action) =>
    isGranted(settings, user, scope.repository, action),
  );
  return { ...scope, actions };
}

/** Whether a token covers an action. */
export function covers(token: Token, repository: string, action: Action): boolean {
  return token.scopes.some(
    (scope) => scope.repository === repository && scope.actions.includes(action),
  );
}

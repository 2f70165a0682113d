import type { Endpoint } from '../routes.ts';

/** A fault, as data: on which requests, and what happens to them. Several that match strike together. */
export interface Fault {
  /** Shown in the journal. */
  readonly name: string;
  readonly on: Occasion;
  readonly then: Misfortune | readonly Misfortune[];
}

/** Which requests; every field given must fit, and none given fits all. */
export interface Occasion {
  /** `registry` when left out. */
  readonly server?: 'registry' | 'token';
  readonly endpoint?: Endpoint | readonly Endpoint[];
  readonly method?: string | readonly string[];
  /** Tested on path and query. */
  readonly path?: RegExp;
  /** Headers of the request; null where it must not have one. */
  readonly headers?: Readonly<Record<string, RegExp | null>>;
  /** Which of the requests that fit otherwise, counted from 1: one, several, or all from one on. All when left out. */
  readonly nth?: number | readonly number[] | { readonly from: number };
}

/** A point in the course of a request. */
export type Moment =
  /** It arrived; nothing was done. */
  | 'arrival'
  /** After so many bytes of its body; those were taken. */
  | { readonly requestBytes: number }
  /** It was acted upon; nothing was answered. */
  | 'answer'
  /** Status and headers were sent, nothing of the body. */
  | 'headers'
  /** After so many bytes of the answer's body. */
  | { readonly responseBytes: number };

/**
 * What may be written in headers and bodies: `{nth}` is the number of the occasion, `{date+60}` the HTTP-date of so
 * many seconds from now by the registry's clock, `{origin}` the registry's own, `{path}` that of the request without query.
 */
export type Template = string;

/** A header: another value; none; or its value with a part of it replaced (an empty `part` stands before its start). */
export type HeaderChange =
  Template | null | { readonly part: string | RegExp; readonly by: Template };

/** What happens to a request. */
export type Misfortune =
  /** Another answer; the registry does not act. */
  | {
      readonly kind: 'answer';
      readonly status: number;
      readonly headers?: Readonly<Record<string, Template>>;
      readonly body?: Template | Uint8Array;
    }
  /** The connection is cut. */
  | { readonly kind: 'cut'; readonly at: Moment }
  /** Nothing more comes, and nothing more is taken, until the client goes. */
  | { readonly kind: 'stall'; readonly at: Moment }
  /** A pause before every so many bytes of a body, in real time. */
  | {
      readonly kind: 'slow';
      readonly body: 'request' | 'answer';
      readonly bytes: number;
      readonly pauseMs: number;
    }
  /** The answer has another status or other headers. A wrong Content-Length ends the connection with the body. */
  | {
      readonly kind: 'change';
      readonly status?: number;
      readonly headers?: Readonly<Record<string, HeaderChange>>;
    }
  /** The registry sees other request headers: `{ range: null }` makes it answer 200 to a range. */
  | {
      readonly kind: 'overlook';
      readonly headers: readonly string[];
    }
  /** One byte of the answer's body is another; negative from its end. */
  | { readonly kind: 'damage'; readonly at: number }
  /** The answer's body ends early, and Content-Length agrees. */
  | { readonly kind: 'shorten'; readonly to: number }
  /** Uploads that were begun are forgotten, as after a restart; blobs stay. */
  | { readonly kind: 'forget-uploads' }
  /** A blob is gone, or all of the repository. */
  | { readonly kind: 'forget-blobs'; readonly digest?: string }
  /** Tokens given out so far are no longer good. */
  | { readonly kind: 'revoke-tokens' };

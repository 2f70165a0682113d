import type { Authentication } from './auth/settings.ts';
import type { Token } from './auth/tokens.ts';
import type { Fault } from './faults/fault.ts';
import type { Journal } from './journal.ts';
import type { Profile, ProfileName } from './profiles.ts';
import type { Commit } from './state.ts';

/** What a registry is to be like. */
export interface RegistryOptions {
  /** `generic` when left out. */
  readonly profile?: ProfileName;
  /** What is different from the profile. */
  readonly different?: Partial<Profile>;
  readonly authentication?: Authentication;
  readonly faults?: readonly Fault[];
  /** By which tokens expire and dates are written; the system's when left out. */
  readonly clock?: { now(): Date };
  /** With https, by a certificate whose authority is made with it. */
  readonly tls?: boolean;
  /** The loopback address to listen on; `127.0.0.1` when left out. Others of `127.0.0.0/8` make other hosts. */
  readonly address?: string;
  /** The name by which it calls itself, in place of the address: `localhost`. */
  readonly name?: string;
  /** 0, any that is free, when left out. */
  readonly port?: number;
  /** Keeps bodies in files of this folder rather than in memory. */
  readonly folder?: string;
}

/** What to put into a repository without a request. */
export interface SeedManifest {
  readonly repository: string;
  readonly bytes: Uint8Array;
  readonly mediaType: string;
  readonly tags?: readonly string[];
}

/** A registry on a loopback port. `await using` ends it. */
export interface TestRegistry extends AsyncDisposable {
  /** `http://127.0.0.1:49152` */
  readonly origin: string;
  /** `127.0.0.1:49152` */
  readonly host: string;
  /** The certificate of its authority, PEM; undefined without TLS. */
  readonly ca: string | undefined;
  /** Origin of the token endpoint; undefined without bearer authentication. */
  readonly tokenOrigin: string | undefined;
  readonly journal: Journal;
  /** What came to be there, in order; an upload that was sent twice stands here twice. */
  readonly commits: readonly Commit[];
  /** Tokens given out so far. */
  readonly tokens: readonly Token[];
  /** Makes all tokens invalid that were given out so far. */
  revokeTokens(): void;
  /** How many uploads were begun and not ended. */
  openUploads(): number;
  addFaults(...faults: readonly Fault[]): void;
  clearFaults(): void;
  /** Puts a blob into a repository; gives its digest. */
  seedBlob(repository: string, bytes: Uint8Array): Promise<string>;
  /** Puts a manifest into a repository, unchecked; gives its digest. */
  seedManifest(manifest: SeedManifest): string;
  /** The bytes of a blob; undefined where there is none. */
  readBlob(repository: string, digest: string): Promise<Uint8Array | undefined>;
  /** The bytes of a manifest by digest or tag; undefined where there is none. */
  readManifest(repository: string, reference: string): Uint8Array | undefined;
  tags(repository: string): readonly string[];
  /** Cuts all connections and forgets all uploads; blobs and manifests stay, and so does the port. */
  restart(): Promise<void>;
  /** Cuts all connections and forgets everything. */
  close(): Promise<void>;
}

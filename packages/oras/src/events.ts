import type { Digest } from '@mlcontainer/oci';

import type { SkippedSource } from './credential.ts';

/** What a registry client tells while it works; no secret in it. */
export type RegistryEvent =
  /** A `Warning` header (distribution-spec, Warnings), once for each text. */
  | { readonly code: 'registry-warning'; readonly registry: string; readonly text: string }
  /** A credential was looked up, and why it is this one. */
  | {
      readonly code: 'credential-found';
      readonly registry: string;
      readonly repository: string;
      readonly kind: 'anonymous' | 'basic' | 'identity-token' | 'bearer';
      readonly source: string;
      readonly skipped: readonly SkippedSource[];
    }
  /** A mirror did not serve; the next place was asked. */
  | {
      readonly code: 'mirror-skipped';
      readonly registry: string;
      readonly mirror: string;
      readonly reason: string;
    }
  /** A mount was answered by an error; the blob is uploaded. */
  | {
      readonly code: 'mount-refused';
      readonly name: string;
      readonly from: string;
      readonly digest: Digest;
      readonly reason: string;
    }
  /** An upload begins again from its first byte. */
  | {
      readonly code: 'upload-retried';
      readonly name: string;
      readonly digest: Digest;
      /** The attempt that failed, from 1. */
      readonly attempt: number;
      readonly reason: string;
    }
  /** The registry wants uploads in another form than one PUT. */
  | { readonly code: 'upload-form'; readonly name: string; readonly form: 'patch' | 'chunked' };

/** Is told what a registry client does. */
export type OnRegistryEvent = (event: RegistryEvent) => void;

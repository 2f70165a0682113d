import type { Descriptor } from '@mlcontainer/oci';
import type { Ports } from '@mlcontainer/plugin-kit';

import type { Content, ContentOptions, ContentTarget, Reference } from './content.ts';
import type { CredentialStore, SettingsLookup } from './credential.ts';
import type { OnRegistryEvent } from './events.ts';

/** What a registry client is made of. */
export interface RegistryClientOptions {
  readonly ports: Pick<Ports, 'http' | 'clock'>;
  readonly credentials: CredentialStore;
  readonly settings: SettingsLookup;
  /** Uploads at a time, over all repositories; 6 when left out. */
  readonly concurrency?: number;
  /** Send blobs larger than this in chunks of this many bytes, each of which can be resumed. At most 16 MiB. */
  readonly chunkBytes?: number;
  readonly onEvent?: OnRegistryEvent;
}

/** A client of OCI registries (distribution-spec 1.1). Tokens and what is known of registries live as long as it does. */
export interface RegistryClient {
  repository(reference: Pick<Reference, 'registry' | 'repository'>): Repository;
  /** Asks whether the registry is there and takes the credentials. Throws MLC6503, MLC6505, MLC7xxx. */
  ping(registry: string, options: ContentOptions): Promise<void>;
}

/** What a manifest is asked for with. */
export interface ManifestOptions extends ContentOptions {
  /** `push` where a push may follow, so that one token serves for both; `pull` when left out. */
  readonly access?: 'pull' | 'push';
  /** With `push`: repositories that blobs may be mounted from, so that the same token lets them be read. */
  readonly mountFrom?: readonly string[];
}

/** A manifest with its bytes, checked. At most 4 MiB. */
export interface FetchedManifest {
  readonly descriptor: Descriptor;
  readonly bytes: Uint8Array;
}

/** One repository of a registry. Throws MLC65xx, and MLC7xxx where no answer came. */
export interface Repository extends ContentTarget {
  readonly registry: string;
  readonly repository: string;
  has(descriptor: Descriptor, options: ManifestOptions): Promise<boolean>;
  /**
   * What the registry itself holds under a tag or digest, mirrors not asked. Undefined where there is nothing, and
   * where the registry does not let it be asked (403), as some do for what does not exist yet.
   */
  headManifest(reference: string, options: ManifestOptions): Promise<Descriptor | undefined>;
  /** From mirrors or the registry; verified. MLC6510 missing, MLC6512 unusable, MLC6513 other bytes than its digest. */
  getManifest(reference: string | Descriptor, options: ContentOptions): Promise<FetchedManifest>;
  /** What the registry itself holds, verified: no mirror is asked. Undefined where there is none; MLC6512, MLC6513. */
  ownManifest(reference: string, options: ManifestOptions): Promise<FetchedManifest | undefined>;
  /** Writes a manifest under its digest or a tag, and its referrers tag where the registry needs that. MLC6522 parts missing. */
  putManifest(content: Content, tag: string | undefined, options: ContentOptions): Promise<void>;
  /** Removes a manifest by digest, and it from its subject's referrers tag. Throws MLC6510 where there is none. */
  deleteManifest(descriptor: Pick<Descriptor, 'digest'>, options: ContentOptions): Promise<void>;
}

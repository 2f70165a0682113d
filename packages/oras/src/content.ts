import type { Descriptor, Digest } from '@mlcontainer/oci';
import type { ByteStream } from '@mlcontainer/plugin-kit';

/** A blob or manifest with its bytes; `open` gives them from the start each time, so that a retry sends the whole again. */
export interface Content {
  readonly descriptor: Descriptor;
  open(): ByteStream;
}

/** What every operation takes. */
export interface ContentOptions {
  readonly signal: AbortSignal;
}

/** Which referrers are asked for. */
export interface ReferrersOptions extends ContentOptions {
  /** Only artifacts of this type. */
  readonly artifactType?: string;
}

/** Content that can be read: a repository of a registry, or an OCI layout. After oras-go's `content.ReadOnlyStorage`. */
export interface ContentSource {
  /** For messages: `registry/repository`, or the path of a layout. */
  readonly name: string;
  /** The manifest or index behind a tag or digest. Throws MLC6510 where there is none. */
  resolve(reference: string, options: ContentOptions): Promise<Descriptor>;
  /** The bytes, checked against digest and size while they come: the stream throws MLC6513 on the last of them. */
  fetch(descriptor: Descriptor, options: ContentOptions): ByteStream;
  has(descriptor: Descriptor, options: ContentOptions): Promise<boolean>;
  /** Manifests whose `subject` is this one (distribution-spec, Listing Referrers; or the tag schema). */
  referrers(subject: Descriptor, options: ReferrersOptions): Promise<readonly Descriptor[]>;
  tags(options: ContentOptions): AsyncIterable<string>;
}

/** How one blob or manifest is pushed. */
export interface PushOptions extends ContentOptions {
  /** Repositories of the same registry that may hold the blob already, for a mount. */
  readonly mountFrom?: readonly string[];
  /** The caller has just asked and it is not there: do not ask again. */
  readonly missing?: boolean;
  /** Bytes sent so far, of the whole blob. */
  readonly onProgress?: (sent: number) => void;
}

/** How a blob came to be there, and what it cost on the wire. */
export interface PushOutcome {
  readonly how: 'present' | 'mounted' | 'uploaded';
  /** Bytes of bodies sent. */
  readonly sent: number;
}

/** Content that can be written as well. After oras-go's `content.Storage`. */
export interface ContentTarget extends ContentSource {
  /** A blob or, by its media type, a manifest; nothing is sent when it is there. One upload a digest at a time. */
  push(content: Content, options: PushOptions): Promise<PushOutcome>;
  /** Names a manifest that is there; an existing tag moves. */
  tag(manifest: Descriptor, tag: string, options: ContentOptions): Promise<void>;
}

/** A parsed image reference (distribution/reference grammar). */
export interface Reference {
  /** `host[:port]`; `docker.io` is written out. */
  readonly registry: string;
  readonly repository: string;
  readonly tag?: string;
  readonly digest?: Digest;
}

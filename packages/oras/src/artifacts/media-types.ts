import { MEDIA_TYPES, type Descriptor } from '@mlcontainer/oci';

/** What a descriptor may carry besides: content so small that it stands in it (image-spec descriptor.md, `data`). */
interface WithData extends Descriptor {
  readonly data: string;
}

/** The annotations by which ORAS clients know the files of an artifact. */
export const ANNOTATIONS = {
  title: 'org.opencontainers.image.title',
  created: 'org.opencontainers.image.created',
  /** `true`: a folder, packed as a gzipped tar. */
  unpack: 'io.deis.oras.content.unpack',
  /** Of the tar before compression. */
  contentDigest: 'io.deis.oras.content.digest',
} as const;

/** What ORAS writes for a file and for a folder when nothing else is said. */
export const FILE_TYPE: string = MEDIA_TYPES.layer;
export const FOLDER_TYPE: string = MEDIA_TYPES.layerGzip;

/** The type of an artifact whose maker gave none, as ORAS writes it. */
export const UNKNOWN_ARTIFACT = 'application/vnd.unknown.artifact.v1';

/** `{}` (image-spec manifest.md, "Guidance for an Empty Descriptor"). */
export const EMPTY_BYTES: Uint8Array = Buffer.from('{}');
export const EMPTY: WithData = {
  mediaType: MEDIA_TYPES.empty,
  digest: 'sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a',
  size: 2,
  data: 'e30=',
};

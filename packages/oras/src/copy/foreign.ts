import type { Descriptor } from '@mlcontainer/oci';

/** Layers that their owner alone may distribute (image-spec layer.md, "Non-Distributable Layers"; docker's foreign layers). */
const NON_DISTRIBUTABLE =
  /^application\/vnd\.(?:oci\.image\.layer\.nondistributable\.v1\.tar|docker\.image\.rootfs\.foreign\.diff\.tar)/;

/**
 * Whether a layer stays where its addresses say: it may not be distributed, and whoever needs it gets it there.
 * Without addresses it would be nowhere, so it is treated like any other.
 */
export function isLeftOut({ mediaType, urls = [] }: Descriptor): boolean {
  return NON_DISTRIBUTABLE.test(mediaType) && urls.length > 0;
}

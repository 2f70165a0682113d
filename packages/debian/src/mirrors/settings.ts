import { mlcError } from '@mlcontainer/plugin-kit';

/** A Debian archive: the main one, which also holds `-updates`, and the one of the security team. */
export type ArchiveName = 'debian' | 'debian-security';

/** Who named a mirror. */
export type MirrorSource = 'config' | 'environment' | 'apt' | 'snapshot';

/** One mirror of one archive. */
export interface Mirror {
  /** Base URL, the folder that holds `dists/` and `pool/`; without a slash at the end. May hold credentials. */
  readonly url: string;
  readonly source: MirrorSource;
  /** Which setting or file named it. */
  readonly detail: string;
}

/** Where packages come from, for one build; never part of plan or lock. */
export interface MirrorSettings {
  /** Undefined where nothing names one: what is in the store can be used all the same. */
  readonly debian: Mirror | undefined;
  /** Undefined where the user said that there is none. */
  readonly security: Mirror | undefined;
  /** Whether the `-updates` suite is read. */
  readonly updates: boolean;
  /** Base URL of a snapshot service for old versions that are gone from the mirror; undefined where none is named. */
  readonly snapshotService: string | undefined;
  /** Do not refuse expired or rolled-back release files. */
  readonly acceptExpired: boolean;
}

/** The mirror of one archive. */
export function mirrorOf(mirrors: MirrorSettings, archive: ArchiveName): Mirror | undefined {
  return archive === 'debian' ? mirrors.debian : mirrors.security;
}

/** The mirror of the main archive. Throws MLC4017 where nothing names one. */
export function mainMirror({ debian }: MirrorSettings): Mirror {
  if (debian === undefined) throw mlcError('MLC4017', {});
  return debian;
}

/** What `explain` prints: each mirror, credentials left out, and who named it. */
export function explainMirrors(mirrors: MirrorSettings): readonly {
  readonly archive: ArchiveName;
  readonly url: string;
  readonly source: MirrorSource;
  readonly detail: string;
}[] {
  return (['debian', 'debian-security'] as const).flatMap((archive) => {
    const mirror = mirrorOf(mirrors, archive);
    return mirror === undefined
      ? []
      : [{ archive, ...mirror, url: withoutCredentials(mirror.url) }];
  });
}

/** A URL as it may be shown. */
export function withoutCredentials(url: string): string {
  const parsed = new URL(url);
  parsed.username = '';
  parsed.password = '';
  return parsed.href.replace(/\/$/, '');
}

/**
 * The settings with the snapshot service's addresses pinned to a moment (`20261122T113103Z`), as the lock keeps
 * it; settings with another mirror come back as they are.
 */
export function atSnapshot(mirrors: MirrorSettings, timestamp: string): MirrorSettings {
  const pin = (mirror: Mirror): Mirror => ({
    ...mirror,
    url: mirror.url.replace(
      /(\/archive\/debian(?:-security)?)(?:\/\d{8}T\d{6}Z)?$/,
      `$1/${timestamp}`,
    ),
  });
  if (mirrors.debian?.source !== 'snapshot') return mirrors;
  return {
    ...mirrors,
    debian: pin(mirrors.debian),
    security: mirrors.security && pin(mirrors.security),
  };
}

/** A moment as the snapshot service writes it. */
export function snapshotTimestamp(date: Date): string {
  return date.toISOString().replace(/[-:]|\.\d+/g, '');
}

/** The moment of a snapshot timestamp. Throws MLC4016. */
export function snapshotDate(timestamp: string): Date {
  const iso = timestamp.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z');
  const date = new Date(iso);
  if (iso === timestamp || Number.isNaN(date.getTime())) throw mlcError('MLC4016', { timestamp });
  return date;
}

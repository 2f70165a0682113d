import type { ByteStream } from '@mlcontainer/plugin-kit';

/**
 * One entry of a layer's tar stream. Paths are relative, `/`-separated, without `./` and without a slash at the
 * end: `usr/bin/python3`. Owners are 0:0 and times 0 unless said otherwise.
 */
export type Entry = FileEntry | DirectoryEntry | SymlinkEntry | HardlinkEntry;

interface EntryBase {
  readonly path: string;
  /** Permission bits, without the type. */
  readonly mode: number;
  readonly uid?: number;
  readonly gid?: number;
  /** Seconds since the epoch; 0 when left out. */
  readonly mtime?: number;
}

/** A regular file. */
export interface FileEntry extends EntryBase {
  readonly type: 'file';
  readonly content: Content;
}

/** A folder. */
export interface DirectoryEntry extends EntryBase {
  readonly type: 'directory';
}

/** A symbolic link. */
export interface SymlinkEntry extends EntryBase {
  readonly type: 'symlink';
  /** Written as it is. */
  readonly target: string;
}

/** Another name of a file. */
export interface HardlinkEntry extends EntryBase {
  readonly type: 'hardlink';
  /** Path of an entry earlier in the same layer. */
  readonly target: string;
}

/** A file's bytes: in memory, to be opened, or already a raw deflate stream (RFC 1951) that a gzip member can carry. */
export type Content = BytesContent | StreamContent | DeflatedContent;

/** Content held in memory; for small files. */
export interface BytesContent {
  readonly kind: 'bytes';
  readonly bytes: Uint8Array;
}

/** Content that is read when it is written; `size` in bytes, which the stream must keep to. */
export interface StreamContent {
  readonly kind: 'stream';
  readonly size: number;
  open(): ByteStream;
}

/** Content that is a raw deflate stream already (RFC 1951), taken over without inflating it for the output. Sizes in bytes. */
export interface DeflatedContent {
  readonly kind: 'deflated';
  /** Bytes after inflating. */
  readonly size: number;
  /** CRC-32 (ISO 3309) of the inflated bytes; checked while writing. */
  readonly crc32: number;
  /** Hex SHA-256 of the inflated bytes; checked while writing where it is given, in the pass that inflates anyway. */
  readonly sha256?: string;
  readonly deflatedSize: number;
  /** The raw deflate stream. */
  open(): ByteStream;
}

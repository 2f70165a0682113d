import { randomUUID } from 'node:crypto';

import type { Body, BodyStore, GrowingBody } from './bodies.ts';
import { digestOf } from './digest.ts';

/** A manifest or index as it was pushed. */
export interface StoredManifest {
  readonly digest: string;
  readonly mediaType: string;
  readonly bytes: Uint8Array;
  /** The digest of its subject. */
  readonly subject?: string;
}

/** One repository's content. */
export interface Repository {
  readonly blobs: Map<string, Body>;
  readonly manifests: Map<string, StoredManifest>;
  readonly tags: Map<string, string>;
}

/** An upload that was begun. */
export interface Session {
  readonly id: string;
  readonly repository: string;
  readonly algorithm: string;
  readonly body: GrowingBody;
  /** The states handed out in locations; only the last may be written to. */
  readonly states: string[];
  /** The sizes of the PATCHes so far. */
  readonly chunks: number[];
  /** Requests write one after the other; settles when the last one ended. */
  turn: Promise<unknown>;
}

/** Content that came to be there. */
export interface Commit {
  readonly repository: string;
  readonly digest: string;
  readonly how: 'upload' | 'mount' | 'manifest' | 'seed';
}

/** Everything a registry holds. */
export interface State {
  readonly repositories: Map<string, Repository>;
  readonly sessions: Map<string, Session>;
  readonly commits: Commit[];
  readonly newBody: BodyStore;
}

/** An empty registry. */
export function createState(newBody: BodyStore): State {
  return { repositories: new Map(), sessions: new Map(), commits: [], newBody };
}

/** A repository, made when it is first written to. */
export function repositoryFor(state: State, name: string): Repository {
  const held = state.repositories.get(name);
  if (held !== undefined) return held;
  const made: Repository = { blobs: new Map(), manifests: new Map(), tags: new Map() };
  state.repositories.set(name, made);
  return made;
}

/** Begins an upload. */
export async function openSession(
  state: State,
  repository: string,
  algorithm: string,
): Promise<Session> {
  const session: Session = {
    id: randomUUID(),
    repository,
    algorithm,
    body: await state.newBody(),
    states: [],
    chunks: [],
    turn: Promise.resolve(),
  };
  state.sessions.set(session.id, session);
  return session;
}

/** Forgets an upload; its bytes go. */
export async function dropSession(state: State, session: Session): Promise<void> {
  state.sessions.delete(session.id);
  await session.body.remove();
}

/** Makes a blob available. The sessions that held it end by it. */
export function commitBlob(state: State, commit: Commit, body: Body): void {
  repositoryFor(state, commit.repository).blobs.set(commit.digest, body);
  state.commits.push(commit);
}

/** Puts bytes into a repository without a request; gives their digest. */
export async function seedBlob(
  state: State,
  repository: string,
  bytes: Uint8Array,
): Promise<string> {
  const digest = digestOf(bytes);
  const body = await state.newBody();
  await body.append(bytes);
  commitBlob(state, { repository, digest, how: 'seed' }, body);
  return digest;
}

/** Keeps a manifest, under its digest and tags. */
export function commitManifest(
  state: State,
  repository: string,
  manifest: StoredManifest,
  tags: readonly string[],
  how: Commit['how'] = 'manifest',
): void {
  const held = repositoryFor(state, repository);
  held.manifests.set(manifest.digest, manifest);
  for (const tag of tags) held.tags.set(tag, manifest.digest);
  state.commits.push({ repository, digest: manifest.digest, how });
}

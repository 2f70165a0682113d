import type { Digest } from '@mlcontainer/oci';
import { mlcError } from '@mlcontainer/plugin-kit';

import type { Reference } from './content.ts';

const COMPONENT = '[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?';
const DOMAIN = new RegExp(
  String.raw`^(?:${COMPONENT}(?:\.${COMPONENT})*|\[[a-fA-F0-9:]+\])(?::[0-9]{1,5})?$`,
);
const PATH = /^[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*$/;
const TAG = /^\w[\w.-]{0,127}$/;
const DIGEST = /^sha256:[a-f0-9]{64}$/;

/** Longer texts are no references: 255 for the name, 128 for the tag, 71 for the digest, and the registry. */
const MOST = 255 + 255 + 128 + 71 + 3;
/** distribution/reference, `RepositoryNameTotalLengthMax`. */
const LONGEST_NAME = 255;

/**
 * Reads an image reference as docker does (distribution/reference, grammar and familiar names): `ubuntu` is
 * `docker.io/library/ubuntu`. No tag is added. Throws MLC6501; for a digest other than sha256 MLC6514.
 */
export function parseReference(text: string): Reference {
  if (text.length > MOST) throw bad(`${text.slice(0, 64)}…`, 'it is too long');
  const { rest, digest } = cutDigest(text);
  const { name, tag } = cutTag(text, rest);
  const { registry, repository } = splitName(text, name);
  return {
    registry,
    repository,
    ...(tag === undefined ? {} : { tag }),
    ...(digest === undefined ? {} : { digest }),
  };
}

function bad(reference: string, detail: string): Error {
  return mlcError('MLC6501', { reference, detail });
}

function cutDigest(text: string): { rest: string; digest?: Digest } {
  const at = text.indexOf('@');
  if (at < 0) return { rest: text };
  return { rest: text.slice(0, at), digest: asDigest(text.slice(at + 1), text) };
}

/** Whether a text is a digest that is used here. */
export function isDigest(text: string): text is Digest {
  return DIGEST.test(text);
}

/** A sha256 digest; MLC6514 for another algorithm, MLC6501 for no digest at all. `name` is for the message. */
export function asDigest(text: string, name: string): Digest {
  if (isDigest(text)) return text;
  if (/^sha256:/.test(text)) throw bad(name, 'its digest is not sha256: and 64 hex digits');
  if (/^[a-z0-9]+(?:[.+_-][a-z0-9]+)*:[a-zA-Z0-9=_-]+$/.test(text))
    throw mlcError('MLC6514', { name, digest: text });
  throw bad(name, 'what stands behind the @ is no digest');
}

/** Whether a text is a tag (distribution-spec, Pulling manifests). */
export function isTag(text: string): boolean {
  return TAG.test(text);
}

function cutTag(text: string, rest: string): { name: string; tag?: string } {
  const colon = rest.lastIndexOf(':');
  if (colon <= rest.lastIndexOf('/') || rest.endsWith(']')) return { name: rest };
  const tag = rest.slice(colon + 1);
  // `localhost:5000` alone reads as repository and tag, as docker has it.
  if (!isTag(tag)) throw bad(text, `${JSON.stringify(tag)} is no tag`);
  return { name: rest.slice(0, colon), tag };
}

function splitName(text: string, name: string): Pick<Reference, 'registry' | 'repository'> {
  const slash = name.indexOf('/');
  const first = slash < 0 ? '' : name.slice(0, slash);
  const isDomain = /[.:[]/.test(first) || first.toLowerCase() === 'localhost';
  const registry = isDomain ? canonicalRegistry(text, first) : 'docker.io';
  const path = isDomain ? name.slice(slash + 1) : name;
  const repository = registry === 'docker.io' && !path.includes('/') ? `library/${path}` : path;
  checkRepository(text, repository, path);
  return { registry, repository };
}

function canonicalRegistry(text: string, domain: string): string {
  if (!DOMAIN.test(domain)) throw bad(text, `${JSON.stringify(domain)} is no registry host`);
  const lower = domain.toLowerCase();
  return lower === 'index.docker.io' ? 'docker.io' : lower;
}

function checkRepository(text: string, repository: string, path: string): void {
  if (path === '') throw bad(text, 'the repository is missing');
  if (repository.length > LONGEST_NAME) throw bad(text, 'its repository is longer than 255');
  if (/^[a-f0-9]{64}$/.test(path)) throw bad(text, 'a repository is not 64 hex digits');
  const part = repository.split('/').find((each) => !PATH.test(each));
  if (part === undefined) return;
  throw bad(
    text,
    /[A-Z]/.test(part)
      ? `${JSON.stringify(part)} is not lower case`
      : `${JSON.stringify(part)} is no part of a repository name`,
  );
}

/** The reference in full: `registry/repository[:tag][@digest]`. */
export function formatReference(reference: Reference): string {
  const { registry, repository, tag, digest } = reference;
  return `${registry}/${repository}${tag === undefined ? '' : `:${tag}`}${digest === undefined ? '' : `@${digest}`}`;
}

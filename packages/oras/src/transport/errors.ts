import { mlcError, type HttpResponse } from '@mlcontainer/plugin-kit';

import type { Access } from '../auth/scope.ts';
import { isRecord, member, parseJson, readCapped, textMember } from './body.ts';
import { nameOf, type Endpoint } from './endpoint.ts';

/** How much of an error body is read, and how much of its text is shown. */
const BODY = 64 * 1024;
const SHOWN = 400;

/** One error as registries tell it (distribution-spec, Error codes). */
export interface RegistryError {
  readonly code: string;
  readonly message: string;
  readonly detail: unknown;
}

/** What an error answer says. */
export interface Refusal {
  readonly status: number;
  /** Empty where the body is no JSON of that form. */
  readonly errors: readonly RegistryError[];
  /** One line for people, without control characters; empty for HTML and empty bodies. */
  readonly text: string;
}

/** Reads an error answer; never throws over what is in it. */
export async function readRefusal(response: HttpResponse): Promise<Refusal> {
  const { status } = response;
  try {
    const bytes = await readCapped(response, BODY);
    const errors = bytes === undefined ? [] : errorsOf(parseJson(bytes));
    return { status, errors, text: oneLine(errors.length > 0 ? told(errors) : plain(bytes)) };
  } catch {
    return { status, errors: [], text: '' };
  }
}

function errorsOf(value: unknown): RegistryError[] {
  const list = member(value, 'errors');
  return (Array.isArray(list) ? list : []).filter(isRecord).map((each) => ({
    code: textMember(each, 'code') ?? '',
    message: textMember(each, 'message') ?? '',
    detail: each.detail,
  }));
}

function told(errors: readonly RegistryError[]): string {
  return errors
    .map(({ code, message }) => [code, message].filter((part) => part !== '').join(': '))
    .filter((line) => line !== '')
    .join('; ');
}

/** A body that is text for people; HTML is for browsers. */
function plain(bytes: Uint8Array | undefined): string {
  const text = bytes === undefined ? '' : new TextDecoder().decode(bytes).trim();
  if (text.startsWith('<')) return '';
  const json = parseJson(bytes ?? new Uint8Array());
  return textMember(json, 'message') ?? textMember(json, 'error') ?? (isRecord(json) ? '' : text);
}

function oneLine(text: string): string {
  // eslint-disable-next-line no-control-regex -- they are what must not reach a terminal
  const clean = text.replaceAll(/[\u0000-\u001f\u007f-\u009f\s]+/g, ' ').trim();
  return clean.length > SHOWN ? `${clean.slice(0, SHOWN)}…` : clean;
}

/** Whether an answer is to be expected from an overloaded or broken registry; another attempt may go better. */
export function isOutage(status: number): boolean {
  return status === 408 || status === 429 || (status >= 500 && status !== 501);
}

/** What was asked, for messages. */
export interface Asked {
  readonly endpoint: Endpoint;
  readonly access: Access;
  /** `GET of the manifest v1` */
  readonly what: string;
}

/** An error answer as an error of the catalogue: MLC6502, MLC6504, MLC6505. */
export async function refusalError(response: HttpResponse, asked: Asked): Promise<Error> {
  return toError(await readRefusal(response), asked);
}

/** The same, for an answer that was read already. */
export function toError(refusal: Pick<Refusal, 'status' | 'text'>, asked: Asked): Error {
  const { status, text: detail } = refusal;
  const { endpoint, access, what } = asked;
  const { registry } = endpoint;
  if (status === 403) {
    const repository = nameOf(endpoint);
    return mlcError('MLC6504', { registry, repository, action: access, detail });
  }
  return isOutage(status)
    ? mlcError('MLC6505', { registry, what, status, detail })
    : mlcError('MLC6502', { registry, what, status, detail });
}

/** An answer that the specification does not allow. */
export function protocolError(
  { endpoint, what }: Pick<Asked, 'endpoint' | 'what'>,
  detail: string,
): Error {
  return mlcError('MLC6506', { registry: endpoint.registry, what, detail });
}

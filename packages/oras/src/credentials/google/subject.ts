import { readFile } from 'node:fs/promises';

import { ask, field, GoogleFailure, parseObject, type Flow } from './exchange.ts';
import { runExecutable } from './executable.ts';

type File = Record<string, unknown>;

/** The token of the other provider, from a file, an address or a program (`credential_source`, AIP-4117). */
export async function subjectToken(flow: Flow, file: File): Promise<string> {
  const source = file.credential_source;
  if (!isRecord(source)) throw new GoogleFailure('the file has no credential_source');
  if (typeof source.file === 'string') return formatted(await readSource(source.file), source);
  if (isRecord(source.executable)) return runExecutable(flow, file, source.executable);
  if (typeof source.environment_id === 'string')
    throw new GoogleFailure(`credential_source for ${source.environment_id} is not supported`);
  const headers = isRecord(source.headers) ? textsOf(source.headers) : {};
  const { text } = await ask(flow, { url: field(source, 'url'), method: 'GET', headers });
  return formatted(text, source);
}

async function readSource(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new GoogleFailure(`credential_source ${path} cannot be read (${String(code)})`);
  }
}

/** The token in a text: all of it, or one field of a JSON object. */
function formatted(text: string, { format }: File): string {
  const isJson = isRecord(format) && format.type === 'json';
  const token = isJson
    ? parseObject(text, 'credential_source')[field(format, 'subject_token_field_name')]
    : text.trim();
  if (typeof token !== 'string' || token === '')
    throw new GoogleFailure('credential_source holds no token');
  return token;
}

function textsOf(headers: File): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).filter((pair): pair is [string, string] => {
      return typeof pair[1] === 'string';
    }),
  );
}

function isRecord(value: unknown): value is File {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

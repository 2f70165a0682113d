import { isMlcError, mlcError, type HttpPort } from '@mlcontainer/plugin-kit';

/** TLS met something that does not speak it (OpenSSL's reasons as Node gives them). */
const NO_TLS = /EPROTO|ERR_SSL_|WRONG_VERSION_NUMBER/;
const LOOPBACK = /^(localhost|.*\.localhost|127\.\d+\.\d+\.\d+|\[::1\])$/;

/**
 * The error where https did not work and http may be meant: MLC6812 says how to name the registry. No registry is
 * reached by http because of where it stands; also one on this machine may be a tunnel to anywhere.
 */
export function namedHttp(
  error: unknown,
  { origin, registry, plainHttp }: { origin: string; registry: string; plainHttp: boolean },
): unknown {
  if (plainHttp || !isMlcError(error) || !['MLC7001', 'MLC7008'].includes(error.code)) return error;
  const detail = String(error.data.detail);
  const isLocal = LOOPBACK.test(URL.parse(origin)?.hostname ?? '');
  if (!NO_TLS.test(detail) && !isLocal) return error;
  return mlcError('MLC6812', { registry, detail }, { cause: error });
}

/** What was found of registries that are called insecure, for the next time. */
export interface SchemeMemory {
  /** Whether it spoke http, and no https, when it was asked last. */
  wasPlain(host: string): Promise<boolean>;
  keep(host: string, isPlain: boolean): Promise<void>;
}

/** What an `insecure` of registries.conf comes to. */
type Insecure = { readonly insecure: true } | { readonly plainHttp: true };

/**
 * Https without verification where it is spoken, otherwise http; the one that was found the last time is asked for first.
 * Neither proves who answers, so that the order gives nothing away.
 */
export async function probeInsecure(
  http: HttpPort,
  host: string,
  memory?: SchemeMemory,
): Promise<Insecure> {
  const wasPlain = (await memory?.wasPlain(host)) ?? false;
  if (wasPlain && (await speaksHttp(http, host))) return { plainHttp: true };
  const found = await overHttps(http, host);
  const isPlain = 'plainHttp' in found;
  if (isPlain !== wasPlain) await memory?.keep(host, isPlain);
  return found;
}

/** A registry answers so and no other (distribution-spec, "Determining Support"); a server of https refuses with 400. */
async function speaksHttp(http: HttpPort, host: string): Promise<boolean> {
  const status = await statusOf(http, `http://${host}/v2/`).catch(() => undefined);
  return status === 200 || status === 401;
}

async function overHttps(http: HttpPort, host: string): Promise<Insecure> {
  const signal = AbortSignal.timeout(TIMEOUT);
  try {
    await statusOf(http, `https://${host}/v2/`, signal);
    return { insecure: true };
  } catch (error) {
    if (!signal.aborted && !isMlcError(error)) throw error;
    if (isMlcError(error) && !['MLC7001', 'MLC7008'].includes(error.code)) throw error;
    return { plainHttp: true };
  }
}

/** Milliseconds. */
const TIMEOUT = 15_000;

async function statusOf(
  http: HttpPort,
  url: string,
  signal = AbortSignal.timeout(TIMEOUT),
): Promise<number> {
  const response = await http.request({
    ...{ url, purpose: 'image registry', insecure: true, redirect: 'manual', netrc: false, signal },
  });
  await response.cancel();
  return response.status;
}

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

/** What an `insecure` of registries.conf comes to: https without verification where it is spoken, otherwise http. */
export async function probeInsecure(
  http: HttpPort,
  host: string,
): Promise<{ readonly insecure: true } | { readonly plainHttp: true }> {
  const signal = AbortSignal.timeout(15_000);
  try {
    const response = await http.request({
      url: `https://${host}/v2/`,
      ...{ purpose: 'image registry', insecure: true, redirect: 'manual', netrc: false, signal },
    });
    await response.cancel();
    return { insecure: true };
  } catch (error) {
    if (!signal.aborted && !isMlcError(error)) throw error;
    if (isMlcError(error) && !['MLC7001', 'MLC7008'].includes(error.code)) throw error;
    return { plainHttp: true };
  }
}

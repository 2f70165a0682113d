import { variable } from '../look.ts';
import {
  ask,
  GoogleFailure,
  parseObject,
  reasonOf,
  toToken,
  type AccessToken,
  type Flow,
} from './exchange.ts';

/** Where Google's machines ask for their own credentials; the address, so that no name server has a say. */
const ADDRESS = '169.254.169.254';
/** Outside of Google's machines nobody answers, and nobody should have to wait. Milliseconds. */
const PATIENCE_MS = 3000;
const PATH = '/computeMetadata/v1/instance/service-accounts/default/token';

/** The metadata server's `host[:port]`; undefined where the user says that there is none. */
export function metadataHost(env: Flow['env']): string | undefined {
  if (variable(env, 'NO_GCE_CHECK') === 'true') return undefined;
  if (variable(env, 'METADATA_SERVER_DETECTION') === 'none') return undefined;
  const named = variable(env, 'GCE_METADATA_HOST');
  return named === undefined || named === 'metadata.google.internal' ? ADDRESS : named;
}

/** The token of the machine's own service account (cloud.google.com/compute/docs/metadata). */
export async function tokenByMetadata(flow: Flow): Promise<AccessToken> {
  const host = metadataHost(flow.env);
  if (host === undefined) throw new GoogleFailure('switched off by the environment');
  const patience = AbortSignal.timeout(PATIENCE_MS);
  const signal = AbortSignal.any([flow.signal, patience]);
  const url = `http://${host}${PATH}`;
  try {
    const headers = { 'metadata-flavor': 'Google' };
    const { text, header } = await ask({ ...flow, signal }, { url, method: 'GET', headers });
    if (header('metadata-flavor') !== 'Google')
      throw new GoogleFailure('what answers is no metadata server');
    return toToken(parseObject(text, 'its answer'), flow);
  } catch (error) {
    flow.signal.throwIfAborted();
    if (patience.aborted) throw new GoogleFailure(`no answer within ${PATIENCE_MS / 1000} s`);
    throw new GoogleFailure(reasonOf(error) ?? 'it failed', { cause: error });
  }
}

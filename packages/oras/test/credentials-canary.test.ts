import { writeFile } from 'node:fs/promises';
import { inspect } from 'node:util';

import { describe, expect, it } from 'vitest';

import { explainRegistry, registrySettings } from '../src/index.ts';
import { login, machine, signal, type Machine } from './support/credentials.ts';
import { fakeGoogle } from './support/google.ts';

/** A secret that has to be escaped in every form. */
const CANARY = 'canary"ä/+ %7&=';

/** Every way in which it may come out: as it is, in Base64, percent-encoded, and inside of JSON. */
const FORMS = [
  CANARY,
  Buffer.from(CANARY).toString('base64').replace(/=+$/, ''),
  Buffer.from(`me:${CANARY}`).toString('base64').replace(/=+$/, ''),
  Buffer.from(CANARY).toString('base64url'),
  encodeURIComponent(CANARY),
  new URLSearchParams({ x: CANARY }).toString().slice(2),
  JSON.stringify(CANARY).slice(1, -1),
];

function leaks(text: string): string[] {
  return [...FORMS, 'canary'].filter((form) => text.includes(form));
}

/** All that a caller may print of a lookup, the credential itself left out. */
async function printed(on: Machine, registry: string, explicit = {}): Promise<string> {
  const store = on.store({ explicit });
  const settings = registrySettings({ env: on.env, system: { etc: on.home } });
  const lines = await explainRegistry(registry, 'team/model', {
    credentials: store,
    settings,
    signal,
  });
  const found = await store.find(registry, 'team/model', { signal }).then(
    ({ credential: _secret, ...rest }) => rest,
    (error: Error) => [String(error), error.stack, JSON.stringify(error), error.cause],
  );
  return [JSON.stringify([lines, found]), inspect([lines, found], { depth: 9 })].join('\n');
}

const answering = (status: number) => ({ status, body: `{"error":"${CANARY}"}` });

const CASES: Record<string, (on: Machine) => Promise<unknown>> = {
  'a file': (on) => on.write('.docker/config.json', { auths: { 'a.test': login('me', CANARY) } }),
  'tokens of a file': (on) =>
    on.write('.docker/config.json', {
      auths: { 'a.test': { identitytoken: CANARY }, 'gcr.io': { registrytoken: CANARY } },
    }),
  'a broken file': (on) => on.write('.docker/config.json', `{"auths": "${CANARY}"`),
  'a broken variable': (on) => {
    on.env.DOCKER_AUTH_CONFIG = `{ ${CANARY}`;
    return Promise.resolve();
  },
  'a good variable': (on) => {
    on.env.DOCKER_AUTH_CONFIG = JSON.stringify({ auths: { 'a.test': login('me', CANARY) } });
    return Promise.resolve();
  },
  'a helper that fails': async (on) => {
    await writeFile(`${on.home}/secret`, CANARY);
    await on.helper('x', `cat '${on.home}/secret'; cat '${on.home}/secret' >&2; exit 1`);
    await on.write('.docker/config.json', { credsStore: 'x' });
  },
  'a helper that answers': async (on) => {
    const answer = JSON.stringify({ Username: 'me', Secret: CANARY });
    await writeFile(`${on.home}/secret`, answer);
    await on.helper('x', `cat '${on.home}/secret'`);
    await on.write('.docker/config.json', { credsStore: 'x' });
  },
  'a service account': async (on) => {
    const file = { type: 'service_account', client_email: 'x', private_key: CANARY };
    on.env.GOOGLE_APPLICATION_CREDENTIALS = await on.write('adc.json', file);
  },
  'a refusal by the token server': async (on) => {
    const google = await fakeGoogle();
    google.answers.set('/token', answering(400));
    on.env.GOOGLE_APPLICATION_CREDENTIALS = await on.write('adc.json', {
      type: 'authorized_user',
      ...{ client_id: CANARY, client_secret: CANARY, refresh_token: CANARY },
      token_uri: `${google.origin}/token`,
    });
  },
  'a credential source': async (on) => {
    const google = await fakeGoogle();
    google.answers.set('/v1/token', answering(401));
    const source = { file: await on.write('subject', CANARY) };
    on.env.GOOGLE_APPLICATION_CREDENTIALS = await on.write('adc.json', {
      type: 'external_account',
      audience: 'x',
      subject_token_type: 'y',
      token_url: `${google.origin}/v1/token`,
      credential_source: source,
    });
  },
};

describe('no secret is printed', () => {
  it.each(Object.entries(CASES))('of %s', async (_what, prepare) => {
    for (const registry of ['a.test', 'gcr.io']) {
      const on = await machine();
      await prepare(on);
      expect(leaks(await printed(on, registry))).toEqual([]);
      expect(leaks(await printed(on, registry, { [registry]: 'google' }))).toEqual([]);
      expect(leaks(await printed(on, registry, { [registry]: 'docker' }))).toEqual([]);
    }
  });

  it('of the configuration and its variables', async () => {
    const on = await machine();
    on.env.TOKEN = CANARY;
    const said = { username: 'me', password: CANARY };
    expect(leaks(await printed(on, 'a.test', { 'a.test': said }))).toEqual([]);
    const named = { usernameEnv: 'TOKEN', passwordEnv: 'MISSING' };
    expect(leaks(await printed(on, 'a.test', { 'a.test': named }))).toEqual([]);
  });

  it('and it would be noticed', () => {
    for (const form of FORMS) expect(leaks(`x ${form} y`)).not.toEqual([]);
  });
});

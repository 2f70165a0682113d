import { createVerify, generateKeyPairSync } from 'node:crypto';
import { join } from 'node:path';

import { isMlcError } from '@mlcontainer/plugin-kit';
import { fakeClock } from '@mlcontainer/testing';
import { gaxios, GoogleAuth } from 'google-auth-library';
import { describe, expect, it } from 'vitest';

import { machine, signal, type Machine } from './support/credentials.ts';
import { claimsOf, fakeGoogle, type Asked, type FakeGoogle } from './support/google.ts';

const { privateKey, publicKey } = generateKeyPairSync('rsa', {
  modulusLength: 2048,
  publicKeyEncoding: { type: 'spki', format: 'pem' },
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
});
const AUDIENCE =
  '//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/p/providers/q';
const ACCOUNT =
  '/v1/projects/-/serviceAccounts/builder@p.iam.gserviceaccount.com:generateAccessToken';
const METADATA = '/computeMetadata/v1/instance/service-accounts/default/token';

const serviceAccount = {
  type: 'service_account',
  client_email: 'builder@p.iam.gserviceaccount.com',
  private_key_id: 'key-1',
  private_key: privateKey,
};
const user = {
  type: 'authorized_user',
  client_id: 'id',
  client_secret: 'client-secret',
  refresh_token: 'refresh-token',
};
const federated = (origin: string, source: unknown, more: object = {}) => ({
  type: 'external_account',
  audience: AUDIENCE,
  subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
  token_url: `${origin}/v1/token`,
  credential_source: source,
  ...more,
});

/** A machine whose GOOGLE_APPLICATION_CREDENTIALS holds this. */
async function withFile(file: unknown): Promise<Machine> {
  const on = await machine();
  on.env.GOOGLE_APPLICATION_CREDENTIALS = await on.write('adc.json', file);
  return on;
}

const REGISTRY = 'europe-docker.pkg.dev';

async function find(on: Machine, registry = REGISTRY, explicit = {}) {
  return on.store({ explicit }, fakeClock()).find(registry, 'p/r/model', { signal });
}

describe('Google’s registries', () => {
  it.each([
    ['gcr.io', true],
    ['us.gcr.io', true],
    ['eu.gcr.io', true],
    ['asia.gcr.io', true],
    ['europe-west3-docker.pkg.dev', true],
    ['us-docker.pkg.dev', true],
    ['US-docker.pkg.dev', true],
    ['evil-gcr.io', false],
    ['gcr.io.evil.example', false],
    ['x.gcr.io', false],
    ['gcr.io:8080', false],
    ['xgcr.io', false],
    ['us-docker.pkg.dev.evil.example', false],
    ['evil.us-docker.pkg.dev', false],
    ['evil-docker.pkg.dev', false],
    ['us-docker.pkg.dev:444', false],
    ['docker.pkg.dev', false],
    ['us-docker-pkg.dev', false],
    ['us-dockerxpkg.dev', false],
    ['us-docker.pkg.dev\n', false],
  ])('%j: %s', async (registry, isGoogles) => {
    const google = await fakeGoogle();
    const on = await withFile(user);
    on.env.GCE_METADATA_HOST = google.host;
    delete on.env.GOOGLE_APPLICATION_CREDENTIALS;
    const { credential } = await find(on, registry);
    expect(credential.kind).toBe(isGoogles ? 'basic' : 'anonymous');
    expect(google.asked).toHaveLength(isGoogles ? 1 : 0);
  });

  it('may be any that the configuration says', async () => {
    const google = await fakeGoogle();
    const on = await machine();
    on.env.GCE_METADATA_HOST = google.host;
    const found = await find(on, 'registry.test', { 'registry.test': 'google' });
    expect(found.credential).toEqual({
      kind: 'basic',
      username: 'oauth2accesstoken',
      password: 'token-1',
    });
  });

  it('come after what Docker’s files hold', async () => {
    const on = await machine();
    const auths = { [REGISTRY]: { username: '_json_key', password: 'x' } };
    await on.write('.docker/config.json', { auths });
    expect((await find(on)).credential).toMatchObject({ username: '_json_key' });
  });
});

interface Flow {
  readonly file: (google: FakeGoogle, on: Machine) => Promise<object> | object;
  readonly env?: Record<string, string>;
}

const FLOWS: Record<string, Flow> = {
  'a service account': { file: () => serviceAccount },
  'a user': { file: () => user },
  'a token in a file': {
    file: async ({ origin }, on) =>
      federated(origin, { file: await on.write('subject', 'subject-token') }),
  },
  'a token in a field of a file': {
    file: async ({ origin }, on) =>
      federated(origin, {
        file: await on.write('subject.json', { id: { x: 1 }, tok: 'subject-token' }),
        format: { type: 'json', subject_token_field_name: 'tok' },
      }),
  },
  'a token at an address': {
    file: ({ origin, answers }) => {
      answers.set('/oidc', { status: 200, body: '{"value":"subject-token"}' });
      const format = { type: 'json', subject_token_field_name: 'value' };
      const headers = { Authorization: 'Bearer request-token' };
      return federated(origin, { url: `${origin}/oidc`, headers, format });
    },
  },
  'a token that a program gives': {
    file: async ({ origin }, on) => {
      const answer = {
        version: 1,
        success: true,
        token_type: 'urn:ietf:params:oauth:token-type:jwt',
        id_token: 'subject-token',
        expiration_time: 4_000_000_000,
      };
      const program = await on.write('program', `echo '${JSON.stringify(answer)}'`);
      return federated(origin, {
        executable: { command: `/bin/sh "${program}"`, timeout_millis: 5000 },
      });
    },
    env: { GOOGLE_EXTERNAL_ACCOUNT_ALLOW_EXECUTABLES: '1' },
  },
  'a federated token that becomes a service account': {
    file: async ({ origin }, on) =>
      federated(
        origin,
        { file: await on.write('subject', 'subject-token') },
        { service_account_impersonation_url: origin + ACCOUNT },
      ),
  },
};

/** What Google's own library asks for with the same file, sent to the same servers. */
async function asLibrary(google: FakeGoogle, file: object, env: Record<string, string>) {
  const transporter = new gaxios.Gaxios({
    fetchImplementation: (input, init) => {
      const url = new URL(input instanceof Request ? input.url : input);
      return fetch(url.host === google.host ? url : `${google.origin}${url.pathname}`, init);
    },
  });
  const before = Object.keys(env).map((name) => [name, process.env[name]] as const);
  Object.assign(process.env, env);
  try {
    const auth = new GoogleAuth({
      credentials: file,
      scopes: 'https://www.googleapis.com/auth/cloud-platform',
      clientOptions: { transporter },
    });
    await auth.getAccessToken();
  } finally {
    for (const [name, value] of before) {
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    }
  }
  return google.asked.splice(0).map(comparable);
}

/** A request without what differs in time. */
function comparable({ method, path, authorization, body }: Asked) {
  const form = path.includes('Account')
    ? JSON.parse(body)
    : Object.fromEntries(new URLSearchParams(body));
  if (typeof form.assertion === 'string') {
    const { iat, exp, ...claims } = claimsOf(form.assertion);
    form.assertion = { ...claims, lifetime: Number(exp) - Number(iat) };
  }
  return { method, path, authorization, form };
}

describe('a token', () => {
  it.each(Object.entries(FLOWS))(
    'by %s is asked for as Google’s library does',
    async (_what, flow) => {
      const google = await fakeGoogle();
      const on = await machine();
      const file = await flow.file(google, on);
      const theirs = await asLibrary(google, file, flow.env ?? {});
      Object.assign(on.env, flow.env);
      const own = { ...file, token_uri: `${google.origin}/token` };
      on.env.GOOGLE_APPLICATION_CREDENTIALS = await on.write('adc.json', own);
      const found = await find(on);
      expect(found.credential).toMatchObject({ username: 'oauth2accesstoken' });
      expect(found.credential).toMatchObject({ password: `token-${google.asked.length}` });
      const ours = google.asked.map(comparable);
      for (const { form } of [...ours, ...theirs])
        if (typeof form.assertion === 'object') delete form.assertion.aud;
      expect(ours).toEqual(theirs);
    },
  );

  it('of a user becomes that of a service account', async () => {
    const google = await fakeGoogle();
    const on = await withFile({
      type: 'impersonated_service_account',
      delegates: ['d'],
      service_account_impersonation_url: google.origin + ACCOUNT,
      source_credentials: { ...user, token_uri: `${google.origin}/token` },
    });
    expect((await find(on)).credential).toMatchObject({ password: 'token-2' });
    expect(google.asked[1]).toMatchObject({ path: ACCOUNT, authorization: 'Bearer token-1' });
    expect(JSON.parse(google.asked[1]?.body ?? '')).toEqual({
      delegates: ['d'],
      scope: ['https://www.googleapis.com/auth/cloud-platform'],
      lifetime: '3600s',
    });
  });

  it('of a service account is signed by its key', async () => {
    const google = await fakeGoogle();
    const on = await withFile({ ...serviceAccount, token_uri: `${google.origin}/token` });
    await find(on);
    const jwt = new URLSearchParams(google.asked[0]?.body).get('assertion') ?? '';
    const [head = '', claims = '', signature = ''] = jwt.split('.');
    const verify = createVerify('RSA-SHA256').update(`${head}.${claims}`);
    expect(verify.verify(publicKey, signature, 'base64url')).toBe(true);
    expect(claimsOf(jwt)).toMatchObject({ aud: `${google.origin}/token` });
  });

  it('by the metadata server is that of the machine', async () => {
    const google = await fakeGoogle();
    const on = await machine();
    on.env.GCE_METADATA_HOST = google.host;
    const found = await find(on);
    expect(found.source).toBe(`Google metadata server (${google.host})`);
    expect(google.asked).toMatchObject([{ method: 'GET', path: METADATA, flavor: 'Google' }]);
  });

  it('is used for all of Google’s registries until it expires', async () => {
    const google = await fakeGoogle();
    const on = await machine();
    on.env.GCE_METADATA_HOST = google.host;
    const clock = fakeClock();
    const store = on.store({}, clock);
    const token = async (registry: string) => {
      const { credential } = await store.find(registry, 'p/r/m', { signal });
      return credential.kind === 'basic' ? credential.password : credential.kind;
    };
    const all = await Promise.all(['gcr.io', REGISTRY, 'us-docker.pkg.dev'].map(token));
    expect(all).toEqual(['token-1', 'token-1', 'token-1']);
    clock.advance(3_530_000);
    expect(await token('gcr.io')).toBe('token-1');
    clock.advance(20_000);
    expect([await token('gcr.io'), await token(REGISTRY)]).toEqual(['token-2', 'token-2']);
  });
});

describe('where there is no token', () => {
  it.each([
    ['another type', { type: 'gdch_service_account' }, /type that is not known/],
    ['a type of the language', { type: 'constructor' }, /type that is not known/],
    ['a text', 'SECRET', /no JSON object/],
    ['a key that is none', { ...serviceAccount, private_key: 'SECRET' }, /no RSA key/],
    ['no refresh token', { ...user, refresh_token: undefined }, /no refresh_token/],
    ['an address in the clear', { ...user, token_uri: 'http://evil.example/token' }, /not https/],
    ['AWS', federated('http://127.0.0.1:1', { environment_id: 'aws1' }), /aws1 is not supported/],
    ['no source', federated('http://127.0.0.1:1', undefined), /no credential_source/],
    ['a file that is gone', federated('http://127.0.0.1:1', { file: '/missing' }), /ENOENT/],
    [
      'a program without leave',
      federated('http://127.0.0.1:1', { executable: { command: '/bin/false' } }),
      /ALLOW_EXECUTABLES is not 1/,
    ],
    ['nobody who listens', { ...user, token_uri: 'http://127.0.0.1:1/token' }, /MLC7001/],
  ])('%s is told', async (_what, file, reason) => {
    const found = await find(await withFile(file));
    expect(found.credential).toEqual({ kind: 'anonymous' });
    expect(JSON.stringify(found.skipped)).toMatch(reason);
    expect(JSON.stringify(found)).not.toContain('SECRET');
  });

  it.each([
    [
      'a refusal',
      400,
      '{"error":"invalid_grant","error_description":"SECRET"}',
      /400 \(invalid_grant\)/,
    ],
    ['an error page', 500, '<b>SECRET</b>', /answered 500/],
    ['no JSON', 200, 'SECRET', /no JSON object/],
    ['no token', 200, '{}', /no token/],
    ['a redirect', 307, 'SECRET', /answered 307/],
  ])('%s of the token server is told', async (_what, status, body, reason) => {
    const google = await fakeGoogle();
    google.answers.set('/token', { status, body, headers: { location: 'http://evil.example/' } });
    const found = await find(await withFile({ ...user, token_uri: `${google.origin}/token` }));
    expect(JSON.stringify(found.skipped)).toMatch(reason);
    expect(JSON.stringify(found)).not.toContain('SECRET');
  });

  it.each([
    [
      'failure',
      { version: 1, success: false, code: 'SECRET', message: 'SECRET' },
      /reports a failure/,
    ],
    ['version', { version: 2, success: true }, /another version/],
    ['expiry', { version: 1, success: true, id_token: 'SECRET', expiration_time: 1 }, /expired/],
    ['token', { version: 1, success: true }, /no token/],
  ])('a program’s %s is told', async (_what, answer, reason) => {
    const on = await machine();
    const program = await on.write('program', `echo '${JSON.stringify(answer)}'`);
    const source = { executable: { command: `/bin/sh ${program}` } };
    on.env.GOOGLE_APPLICATION_CREDENTIALS = await on.write(
      'adc.json',
      federated('http://127.0.0.1:1', source),
    );
    on.env.GOOGLE_EXTERNAL_ACCOUNT_ALLOW_EXECUTABLES = '1';
    const found = await find(on);
    expect(JSON.stringify(found.skipped)).toMatch(reason);
    expect(JSON.stringify(found)).not.toContain('SECRET');
  });

  it('a server that is no metadata server is not believed', async () => {
    const google = await fakeGoogle();
    const headers = { 'metadata-flavor': 'Other' };
    google.answers.set(METADATA, { status: 200, body: '{"access_token":"x"}', headers });
    const on = await machine();
    on.env.GCE_METADATA_HOST = google.host;
    const found = await find(on);
    expect(JSON.stringify(found.skipped)).toMatch(/no metadata server/);
    on.env.NO_GCE_CHECK = 'true';
    expect(JSON.stringify((await find(on)).skipped)).toMatch(/switched off/);
    expect(google.asked).toHaveLength(1);
  });

  it('is MLC6802 where the configuration wants one, and MLC6801 where a variable names no file', async () => {
    const on = await machine();
    const code = (error: unknown) => (isMlcError(error) ? error.code : String(error));
    const explicit = { 'registry.test': 'google' };
    expect(await find(on, 'registry.test', explicit).catch(code)).toBe('MLC6802');
    on.env.GOOGLE_APPLICATION_CREDENTIALS = join(on.home, 'missing.json');
    expect(await find(on).catch(code)).toBe('MLC6801');
    expect(await find(on, 'registry.test')).toMatchObject({ source: 'none' });
  });
});

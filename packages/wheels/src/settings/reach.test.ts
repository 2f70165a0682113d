import { describe, expect, it } from 'vitest';
import { reach } from './reach.ts';
import { pythonSettings } from './settings.ts';

const settings = (env: Record<string, string>) =>
  pythonSettings({ env, cwd: '/project', home: '/nonexistent', files: [] });

describe('reach', () => {
  it('says nothing where nothing is set', async () => {
    expect(reach(await settings({}), 'https://a.test/x')).toEqual({});
    expect(reach(await settings({}), 'no address')).toEqual({});
  });

  it.each([
    ['https://a.test/x', true],
    ['https://a.test:8443/x', true],
    ['https://b.test:8443/x', true],
    ['https://b.test/x', false],
    ['https://c.test/x', true],
    ['https://sub.a.test/x', false],
    ['https://a.test.evil.example/x', false],
    ['https://[::1]:3128/x', true],
  ])('does not verify the trusted host of %s: %s', async (url, insecure) => {
    const env = {
      PIP_TRUSTED_HOST: 'a.test b.test:8443 [::1]:3128',
      UV_INSECURE_HOST: 'c.test:443',
    };
    expect(reach(await settings(env), url).insecure ?? false).toBe(insecure);
  });

  it('shows the client certificate to configured places alone', async () => {
    const env = { PIP_CLIENT_CERT: 'me.pem', PIP_INDEX_URL: 'https://u:p@index.test/simple' };
    const found = await settings(env);
    const clientCert = { certFile: '/project/me.pem', keyFile: '/project/me.pem' };
    expect(reach(found, 'https://index.test/simple/demo/')).toEqual({ clientCert });
    for (const url of ['https://files.test/x', 'https://index.test:444/', 'http://index.test/'])
      expect(reach(found, url)).toEqual({});
  });

  it('goes by the proxy of pip, with its credentials', async () => {
    const found = await settings({ PIP_PROXY: 'http://me:secret@proxy.test:3128' });
    expect(reach(found, 'https://a.test/')).toEqual({ proxy: 'http://me:secret@proxy.test:3128' });
  });
});

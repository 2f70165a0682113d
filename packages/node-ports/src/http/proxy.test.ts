import { describe, expect, it } from 'vitest';

import { isExcluded, proxyFor } from './proxy.ts';

describe('NO_PROXY', () => {
  it.each([
    ['example.test', 'https://example.test/', true],
    ['example.test', 'https://www.example.test/', true],
    ['.example.test', 'https://www.example.test/', true],
    ['*.example.test', 'https://www.example.test/', true],
    ['example.test', 'https://notexample.test/', false],
    ['EXAMPLE.test', 'https://example.TEST./', true],
    ['example.test:8443', 'https://example.test:8443/', true],
    ['example.test:8443', 'https://example.test/', false],
    ['example.test:443', 'https://example.test/', true],
    ['*', 'https://any.test/', true],
    ['a.test, b.test  c.test', 'http://b.test/', true],
    ['a.test b.test', 'http://b.test/', true],
    ['10.1.2.3', 'http://10.1.2.3/', true],
    ['10.0.0.0/8', 'http://10.1.2.3/', true],
    ['10.0.0.0/8', 'http://11.1.2.3/', false],
    ['10.0.0.0/8', 'http://ten.test/', false],
    ['10.0.0.0/99', 'http://10.1.2.3/', false],
    ['2001:db8::1', 'http://[2001:db8::1]/', true],
    ['[2001:db8::1]:80', 'http://[2001:db8::1]/', true],
    ['[2001:db8::1]:81', 'http://[2001:db8::1]/', false],
    ['2001:db8::/32', 'http://[2001:db8:9::1]/', true],
    ['', 'http://a.test/', false],
    ['.', 'http://a.test/', false],
  ])('%j and %s: %s', (list, url, expected) => {
    expect(isExcluded(new URL(url), list)).toBe(expected);
  });
});

describe('proxyFor', () => {
  const env = { HTTP_PROXY: 'http://p.test:1', HTTPS_PROXY: 'p.test:2' };

  it.each([
    ['http://a.test/', 'http://p.test:1'],
    ['https://a.test/', 'http://p.test:2'],
    ['http://localhost:8080/', undefined],
    ['http://x.localhost/', undefined],
    ['https://127.0.0.9/', undefined],
    ['http://169.254.169.254/', undefined],
    ['http://[fe80::1]/', undefined],
    ['https://[::1]/', undefined],
  ])('%s goes through %s', (url, proxy) => {
    expect(proxyFor(new URL(url), env)?.origin).toBe(proxy);
  });

  it('is none without a variable, or with an empty one', () => {
    expect(proxyFor(new URL('http://a.test/'), { HTTPS_PROXY: 'p.test' })).toBeUndefined();
    expect(proxyFor(new URL('http://a.test/'), { http_proxy: '' })).toBeUndefined();
  });
});

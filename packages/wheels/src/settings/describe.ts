import type { PythonSettings } from './settings.ts';

/** One line about a setting; nothing in it is secret. */
export interface SettingLine {
  readonly name: string;
  readonly value: string;
  readonly source: string;
}

/** The settings as lines for `explain` and `doctor`, in a fixed order, credentials left out. */
export function describeSettings(settings: PythonSettings): SettingLine[] {
  const line = (name: string, value: string | number | boolean, source: string) => ({
    name,
    value: String(value),
    source,
  });
  const { defaultIndex, caFile, clientCert, timeout, proxy, netrc } = settings;
  const shown = (value: { url: string; full?: unknown }) =>
    value.full ? `${value.url} (with credentials)` : value.url;
  return [
    ...settings.extraIndexes.map((s) => line('extra index', shown(s.value), s.source)),
    defaultIndex
      ? line('index', shown(defaultIndex.value), defaultIndex.source)
      : line('index', 'the default of uv and pip', 'default'),
    ...(settings.noIndex.value ? [line('no index', true, settings.noIndex.source)] : []),
    ...settings.findLinks.map((s) => line('find-links', shown(s.value), s.source)),
    ...settings.constraints.map((s) => line('constraints', s.value, s.source)),
    line('index strategy', settings.indexStrategy.value, settings.indexStrategy.source),
    ...(caFile ? [line('CA file', caFile.value, caFile.source)] : []),
    ...(clientCert ? [line('client certificate', clientCert.value, clientCert.source)] : []),
    ...settings.trustedHosts.map((s) => line('trusted host', s.value, s.source)),
    ...(timeout ? [line('timeout', `${timeout.value} s`, timeout.source)] : []),
    ...(proxy ? [line('proxy', shown(proxy.value), proxy.source)] : []),
    ...(netrc ? [line('netrc', netrc.value, netrc.source)] : []),
    ...settings.ignored.map((s) => line(`${s.name} (without effect)`, s.reason, s.source)),
  ];
}

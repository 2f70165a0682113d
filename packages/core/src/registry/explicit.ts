import type { CredentialChoice, RegistriesConfig } from '@mlcontainer/plugin-kit';

/** Which credentials the config wants, by registry. */
export function explicitOf(config: RegistriesConfig): Record<string, CredentialChoice> {
  const chosen = Object.entries(config).flatMap(([host, { credentials }]) =>
    credentials === undefined ? [] : [[host, credentials] as const],
  );
  return Object.fromEntries(chosen);
}

import type { CredentialStore, SettingsLookup } from './credential.ts';

/** Knows no credential for any registry. */
export const anonymousCredentials: CredentialStore = {
  find: () => Promise.resolve({ credential: { kind: 'anonymous' }, source: 'none', skipped: [] }),
};

/** Every registry by https at its own name, without mirrors. */
export const defaultSettings: SettingsLookup = () => Promise.resolve({});

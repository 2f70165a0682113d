export type {
  Content,
  ContentOptions,
  ContentSource,
  ContentTarget,
  PushOptions,
  PushOutcome,
  Reference,
  ReferrersOptions,
} from './content.ts';
export type {
  Credential,
  CredentialStore,
  FoundCredential,
  RegistrySettings,
  SettingsLookup,
  SkippedSource,
} from './credential.ts';

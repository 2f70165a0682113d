export { attach, discover, type Discovered, type DiscoverOptions } from './artifacts/attach.ts';
export type { ArtifactFile } from './artifacts/files.ts';
export {
  MODEL_PACK_TYPES,
  modelPack,
  pushModelPack,
  type ModelPack,
  type ModelPackSpec,
  type ModelWeights,
} from './artifacts/model-pack.ts';
export {
  pullArtifact,
  type PullArtifactOptions,
  type PulledArtifact,
  type PulledPart,
} from './artifacts/pull.ts';
export {
  pushArtifact,
  type ArtifactSpec,
  type PushArtifactOptions,
  type PushedArtifact,
} from './artifacts/push.ts';
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
  MirrorLocation,
  RegistrySettings,
  SettingsLookup,
  SkippedSource,
} from './credential.ts';
export { registryHosts, type RegistryHost, type RegistryHostsOptions } from './explain/hosts.ts';
export { explainRegistry, type ExplainOptions, type RegistryLine } from './explain/registry.ts';
export type { ExplicitCredential } from './credentials/explicit.ts';
export { registrySettings, type RegistrySettingsOptions } from './settings/settings.ts';
export type { SchemeMemory } from './settings/plain-http.ts';
export { createCredentialStore, type CredentialStoreOptions } from './credentials/store.ts';
export {
  copy,
  type CopiedNode,
  type CopyOptions,
  type CopyProgress,
  type CopyResult,
} from './copy/copy.ts';
export { openLayoutSource } from './layout/open.ts';
export type { LayoutSource } from './layout/source.ts';
export { openLayoutTarget, type LayoutTarget } from './layout/target.ts';
export { createRegistryClient } from './client.ts';
export { anonymousCredentials, defaultSettings } from './defaults.ts';
export type { OnRegistryEvent, RegistryEvent } from './events.ts';
export { askParts, askTags, type GraphTarget, type Tagged } from './graph/ask.ts';
export type { Graph, PushGraphOptions, PushGraphResult, PushProgress } from './graph/graph.ts';
export { pushGraph } from './graph/push-graph.ts';
export {
  ACCEPT_MANIFESTS,
  DOCKER_MEDIA_TYPES,
  isIndexType,
  isManifestType,
} from './media-types.ts';
export { formatReference, parseReference } from './reference.ts';
export type {
  FetchedManifest,
  ManifestOptions,
  RegistryClient,
  RegistryClientOptions,
  Repository,
} from './registry.ts';

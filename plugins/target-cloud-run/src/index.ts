export type {
  CloudRunOptions,
  CloudRunSettings,
  ProbeOptions,
  SecretReference,
  TrafficShare,
} from './options.ts';
export { cloudRun } from './plugin.ts';

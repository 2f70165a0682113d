import type { AnyCommand } from '../command/types.ts';
import { artifactCommand } from './artifact.ts';
import {
  buildCommand,
  lockCommand,
  planCommand,
  pushCommand,
  runCommand,
  vendorCommand,
} from './build.ts';
import {
  cacheCommand,
  completionCommand,
  helpCommand,
  initCommand,
  schemaCommand,
  versionCommand,
} from './tool.ts';
import {
  doctorCommand,
  emitCommand,
  explainCommand,
  inspectCommand,
  pluginsCommand,
} from './understand.ts';

/** Every command, in the order of the help. */
export const COMMANDS: readonly AnyCommand[] = [
  initCommand,
  planCommand,
  lockCommand,
  buildCommand,
  pushCommand,
  vendorCommand,
  runCommand,
  inspectCommand,
  explainCommand,
  pluginsCommand,
  doctorCommand,
  emitCommand,
  artifactCommand,
  cacheCommand,
  schemaCommand,
  completionCommand,
  versionCommand,
  helpCommand,
];

import type * as core from '@mlcontainer/core';

/** What the command line needs of the core. It is loaded when a command runs, and a test brings its own. */
export type Engine = Pick<
  typeof core,
  | 'artifactAttach'
  | 'artifactCopy'
  | 'artifactDiscover'
  | 'artifactPull'
  | 'artifactPush'
  | 'build'
  | 'cacheInfo'
  | 'cachePrune'
  | 'configJsonSchema'
  | 'createContext'
  | 'diffPlans'
  | 'doctor'
  | 'explain'
  | 'inspectFile'
  | 'makeLock'
  | 'makePlan'
  | 'openProject'
  | 'planHosts'
  | 'pushTarget'
  | 'readLock'
  | 'readPlan'
  | 'runImage'
  | 'validateImage'
  | 'vendor'
  | 'withRegistries'
>;

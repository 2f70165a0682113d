import { GLOBALS_BY_MODULE } from './globals.data.ts';

/** Globals that pickles of scikit-learn estimators name: exact `module.name`, sorted. */
export const SKLEARN_GLOBALS: readonly string[] = Object.entries(GLOBALS_BY_MODULE)
  .flatMap(([module, names]) => names.split(' ').map((name) => `${module}.${name}`))
  .sort();

export { inspectModel, type InspectOptions, type InspectResult } from './inspect.ts';
export { DEFAULT_LIMITS, type Limits } from './pickle/limits.ts';
export { CORE_CALLS, CORE_REFERENCES } from './policy/core.ts';
export { danger } from './policy/danger.ts';

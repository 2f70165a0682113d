export * from './boundaries.ts';
export * from './preset.ts';

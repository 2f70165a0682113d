export * from './descriptor.ts';
export * from './entry.ts';

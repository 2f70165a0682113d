export * from './debian-packages.ts';
export * from './docker-daemon.ts';
export * from './gate.ts';
export * from './process.ts';
export * from './suites.ts';
export * from './tally.ts';
export * from './task.ts';

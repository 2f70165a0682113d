export { bundleProgram, type ProgramOptions } from './program.ts';

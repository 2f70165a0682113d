export { compileWasm, inTemporary } from './compile.ts';
export { writeModules, type WasmModule } from './module.ts';

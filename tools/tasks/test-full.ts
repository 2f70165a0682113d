import {
  e2eSuite,
  prepareHost,
  pythonSuite,
  runSuites,
  staticSuites,
  task,
  unitSuite,
} from '../src/index.ts';

await task(async (context) => {
  await prepareHost(context);
  return await runSuites(
    [...staticSuites(), unitSuite(), pythonSuite(), e2eSuite('full')],
    context.signal,
  );
});

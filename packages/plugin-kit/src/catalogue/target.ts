import { entry } from './entry.ts';

/** MLC90xx: Cloud Run. */
const cloudRunErrors = {
  MLC9001: entry<{ name: string }>({
    title: 'Service name',
    message: (d) => `${JSON.stringify(d.name)} cannot be the name of a Cloud Run service.`,
    why: 'A service name has at most 49 lower-case letters, digits and dashes, begins with a letter and does not end with a dash.',
    fix: 'Set `service` in the options of cloudRun(), or a shorter `name` in the config.',
    exit: 2,
  }),
  MLC9002: entry<{ cpu: number }>({
    title: 'CPU',
    message: (d) => `Cloud Run has no instances with ${d.cpu} CPU.`,
    why: 'The CPU of an instance is 0.08 to 1 in steps of 0.001, or 1, 2, 4, 6 or 8.',
    fix: 'Set `cpu` to one of these.',
    exit: 2,
  }),
  MLC9003: entry<{ memory: string; cpu: number; least: string; most: string }>({
    title: 'Memory for this CPU',
    message: (d) => `${d.memory} memory does not go with ${d.cpu} CPU.`,
    why: (d) => `With ${d.cpu} CPU Cloud Run gives ${d.least} to ${d.most}.`,
    fix: 'Change `memory` or `cpu`.',
    exit: 2,
  }),
  MLC9004: entry<{ cpu: number; concurrency: number }>({
    title: 'Concurrency below one CPU',
    message: (d) => `Concurrency ${d.concurrency} does not go with ${d.cpu} CPU.`,
    why: 'An instance with less than 1 CPU takes one request at a time.',
    fix: 'Set `concurrency` to 1 or leave it out, or set `cpu` to 1 or more.',
    exit: 2,
  }),
  MLC9005: entry<{ cpu: number; what: string }>({
    title: 'Needs a whole CPU',
    message: (d) => `${d.what} does not go with ${d.cpu} CPU.`,
    why: 'Less than 1 CPU comes with the first-generation environment and request-based billing only.',
    fix: 'Set `cpu` to 1 or more, or leave the option out.',
    exit: 2,
  }),
  MLC9006: entry<{ least: number; most: number }>({
    title: 'Instances',
    message: (d) => `minInstances ${d.least} is more than maxInstances ${d.most}.`,
    why: 'The fewest instances cannot be more than the most.',
    fix: 'Raise `maxInstances` or lower `minInstances`.',
    exit: 2,
  }),
  MLC9007: entry<{ seconds: number }>({
    title: 'Startup probe too long',
    message: (d) => `The startup probe waits up to ${d.seconds} s.`,
    why: 'Cloud Run gives a container at most 240 s to start: periodSeconds × failureThreshold, and the initial delay, stay within that.',
    fix: 'Lower `failureThreshold`, `periodSeconds` or `initialDelaySeconds` of the startup probe.',
    exit: 2,
  }),
  MLC9008: entry<{ probe: string; timeout: number; period: number }>({
    title: 'Probe timeout',
    message: (d) =>
      `The ${d.probe} probe waits ${d.timeout} s for an answer but asks every ${d.period} s.`,
    why: 'timeoutSeconds may not be more than periodSeconds.',
    fix: 'Lower `timeoutSeconds` or raise `periodSeconds`.',
    exit: 2,
  }),
  MLC9009: entry<{ path: string }>({
    title: 'Reserved path',
    message: (d) => `The path ${d.path} is not delivered to a container on Cloud Run.`,
    why: 'Cloud Run keeps /eventlog, /_ah/ and paths that end in z for itself.',
    fix: 'Serve this route on another path.',
    exit: 2,
  }),
  MLC9010: entry<{ name: string; why: string }>({
    title: 'Environment variable',
    message: (d) => `The environment variable ${d.name} cannot be set: ${d.why}.`,
    why: 'PORT, K_SERVICE, K_REVISION and K_CONFIGURATION are Cloud Run’s own; a value has at most 32768 bytes; a name stands in `env` or in `secrets`, not in both.',
    fix: 'Rename it, shorten it, or take it out of one of the two.',
    exit: 2,
  }),
  MLC9011: entry<{ percent: number }>({
    title: 'Traffic',
    message: (d) => `The traffic adds up to ${d.percent} percent.`,
    why: 'The percentages of all revisions add up to 100.',
    fix: 'Correct the `percent` of the entries of `traffic`.',
    exit: 2,
  }),
  MLC9012: entry<{ detail: string }>({
    title: 'Traffic entry',
    message: (d) => `The traffic cannot be split this way: ${d.detail}.`,
    why: 'An entry names either a revision or the latest one, and a tag or a revision only once.',
    fix: 'Give each entry of `traffic` a `revision`, or leave it out of one of them for the latest.',
    exit: 2,
  }),
  MLC9013: entry<{ platforms: string }>({
    title: 'No linux/amd64 image',
    message: (d) => `Cloud Run cannot run ${d.platforms}.`,
    why: 'Cloud Run runs x86-64 only; an index may hold other platforms beside linux/amd64.',
    fix: "Add 'linux/amd64' to `platforms` in the config.",
    exit: 2,
  }),
  MLC9014: entry<{ gpu: string; cpu: number; memory: string }>({
    title: 'Resources for a GPU',
    message: (d) => `${d.gpu} does not go with ${d.cpu} CPU and ${d.memory} memory.`,
    why: 'An NVIDIA L4 on Cloud Run needs at least 4 CPU and 16Gi.',
    fix: "Set `cpu: 4` and `memory: '16Gi'` or more, or leave both out.",
    exit: 2,
  }),
  MLC9015: entry<{ what: string }>({
    title: 'Needs CPU all the time',
    message: (d) => `${d.what} needs instance-based billing.`,
    why: 'With request-based billing Cloud Run takes the CPU away between requests.',
    fix: "Leave `cpuAllocation` out or set it to 'always'.",
    exit: 2,
  }),
  MLC9016: entry<Record<never, never>>({
    title: 'GPU not asked for',
    message: () => 'The plan carries GPU layers, but the service asks for no GPU.',
    why: 'The image would run on the CPU and carry gigabytes that it never uses.',
    fix: "Set `gpu: 'nvidia-l4'` in the options of cloudRun(), or leave the accelerator plugin out.",
    exit: 2,
  }),
  MLC9017: entry<{ memory: string }>({
    title: 'Memory of the second generation',
    message: (d) => `The gen2 environment does not run with ${d.memory} memory.`,
    why: 'gen2 needs at least 512Mi.',
    fix: "Set `memory: '512Mi'` or more, or `executionEnvironment: 'gen1'`.",
    exit: 2,
  }),
  MLC9018: entry<{ key: string; why: string }>({
    title: 'Label',
    message: (d) => `The label ${JSON.stringify(d.key)} is not allowed: ${d.why}.`,
    why: 'Google Cloud labels have lower-case letters, digits, _ and -, up to 63; keys begin with a letter.',
    fix: 'Rename the label or change its value.',
    exit: 2,
  }),
};

/** MLC9xxx: what a deployment platform does not allow. */
export const targetErrors = { ...cloudRunErrors };

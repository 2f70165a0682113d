/** A secret of Secret Manager as the value of an environment variable. */
export interface SecretReference {
  /** The name of the secret, in the service's own project. */
  readonly secret: string;
  /** `latest` when left out: resolved when an instance starts. */
  readonly version?: string;
}

/** A share of the traffic. */
export interface TrafficShare {
  /** A revision's name; the revision made by this spec when left out. */
  readonly revision?: string;
  /** 0 to 100; all entries add up to 100. */
  readonly percent: number;
  /** Gives the revision its own address. */
  readonly tag?: string;
}

/** Times in seconds. */
export interface ProbeOptions {
  readonly initialDelaySeconds?: number;
  readonly timeoutSeconds?: number;
  readonly periodSeconds?: number;
  readonly failureThreshold?: number;
}

/** What `cloudRun()` takes; everything may be left out. */
export interface CloudRunOptions {
  /** The name of the service; the config's name when left out. */
  readonly service?: string;
  /** `europe-west1`; otherwise given to gcloud. */
  readonly region?: string;
  /** Project ID or number; otherwise given to gcloud. */
  readonly project?: string;
  readonly description?: string;
  /** 1 when left out, 4 with a GPU. */
  readonly cpu?: number;
  /** `1Gi` when left out, `16Gi` with a GPU, `512Mi` below half a CPU. */
  readonly memory?: string;
  /** `request` bills while requests run, `always` (instance-based) all the time. */
  readonly cpuAllocation?: 'request' | 'always';
  /** Requests at a time for one instance, 1 to 1000; 80 when left out, 1 below one CPU. */
  readonly concurrency?: number;
  readonly minInstances?: number;
  readonly maxInstances?: number;
  /** Of one request, 1 to 3600; 300 when left out. */
  readonly timeoutSeconds?: number;
  /** The account that the container runs as, `name@project.iam.gserviceaccount.com`. */
  readonly serviceAccount?: string;
  readonly ingress?: 'all' | 'internal' | 'internal-and-cloud-load-balancing';
  readonly env?: Readonly<Record<string, string>>;
  /** Environment variable → secret. */
  readonly secrets?: Readonly<Record<string, SecretReference>>;
  readonly executionEnvironment?: 'gen1' | 'gen2';
  /** More CPU while an instance starts; true when left out. */
  readonly startupCpuBoost?: boolean;
  readonly labels?: Readonly<Record<string, string>>;
  readonly traffic?: readonly TrafficShare[];
  readonly gpu?: 'nvidia-l4';
  /** Waits for the model; every second for up to 240 when left out. */
  readonly startupProbe?: ProbeOptions;
  /** `false` for none. */
  readonly livenessProbe?: ProbeOptions | false;
}

type Optional =
  | 'service'
  | 'region'
  | 'project'
  | 'description'
  | 'minInstances'
  | 'maxInstances'
  | 'serviceAccount'
  | 'executionEnvironment'
  | 'gpu';

/** Options that passed every rule, with the defaults filled in. */
export interface CloudRunSettings
  extends
    Required<Omit<CloudRunOptions, Optional | 'startupProbe' | 'livenessProbe'>>,
    Pick<CloudRunOptions, Optional> {
  readonly startupProbe: Required<ProbeOptions>;
  readonly livenessProbe: Required<ProbeOptions> | false;
}

const STARTUP = {
  initialDelaySeconds: 0,
  timeoutSeconds: 1,
  periodSeconds: 1,
  failureThreshold: 240,
};
const LIVENESS = {
  initialDelaySeconds: 0,
  timeoutSeconds: 5,
  periodSeconds: 10,
  failureThreshold: 3,
};

const ALWAYS = {
  timeoutSeconds: 300,
  ingress: 'all',
  env: {},
  secrets: {},
  startupCpuBoost: true,
  labels: {},
  traffic: [],
} as const;

/** Fills the defaults in; the rules are checked on the result. */
export function withDefaults(options: CloudRunOptions): CloudRunSettings {
  const { livenessProbe, startupProbe, ...rest } = options;
  return {
    ...ALWAYS,
    ...resources(options),
    ...defined(rest),
    startupProbe: fitted({ ...STARTUP, ...startupProbe }, startupProbe),
    livenessProbe: livenessProbe === false ? false : { ...LIVENESS, ...livenessProbe },
  };
}

function resources({ gpu, cpu = gpu ? 4 : 1 }: CloudRunOptions) {
  const cpuAllocation: CloudRunSettings['cpuAllocation'] = gpu ? 'always' : 'request';
  const memory = cpu < 0.5 ? '512Mi' : '1Gi';
  return { cpu, memory: gpu ? '16Gi' : memory, cpuAllocation, concurrency: cpu < 1 ? 1 : 80 };
}

type Defined<T> = { [Key in keyof T]: Exclude<T[Key], undefined> };

/** A key that is undefined is left out, so that a default stands in its place. */
function defined<T extends object>(value: T): Defined<T> {
  const entries = Object.entries(value).filter(([, entry]) => entry !== undefined);
  return Object.fromEntries(entries) as Defined<T>;
}

/** The default number of tries fills Cloud Run's 240 seconds, whatever the period is. */
function fitted(probe: Required<ProbeOptions>, given: ProbeOptions = {}): Required<ProbeOptions> {
  if (given.failureThreshold !== undefined) return probe;
  const seconds = 240 - probe.initialDelaySeconds;
  return { ...probe, failureThreshold: Math.max(1, Math.floor(seconds / probe.periodSeconds)) };
}

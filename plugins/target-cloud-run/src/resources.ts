const MEBI = 1024 ** 2;

/** Bytes per unit of a Kubernetes quantity, as far as Cloud Run takes them for memory. */
const UNITS: Readonly<Record<string, number>> = { Mi: MEBI, Gi: 1024 * MEBI, M: 1e6, G: 1e9 };

/** The form of a memory limit: `512Mi`, `2Gi`, `1.5Gi`, `500M`. */
export const MEMORY_PATTERN = /^(\d+(?:\.\d+)?)(Mi|Gi|M|G)$/;

/** Bytes of a memory limit; NaN where it has another form. */
export function memoryBytes(quantity: string): number {
  const [, number, unit = ''] = MEMORY_PATTERN.exec(quantity) ?? [];
  return Number(number) * (UNITS[unit] ?? NaN);
}

/** What an instance with some CPU may have. */
export interface MemoryRange {
  readonly least: string;
  readonly most: string;
}

/** Cloud Run, "Configure CPU limits" and "Configure memory limits". */
const WHOLE_CPU: ReadonlyMap<number, MemoryRange> = new Map([
  [1, { least: '128Mi', most: '4Gi' }],
  [2, { least: '128Mi', most: '8Gi' }],
  [4, { least: '2Gi', most: '16Gi' }],
  [6, { least: '4Gi', most: '24Gi' }],
  [8, { least: '4Gi', most: '32Gi' }],
]);

/** The memory that goes with a number of CPUs; undefined where Cloud Run has no such instances. */
export function memoryRange(cpu: number): MemoryRange | undefined {
  if (cpu >= 1) return WHOLE_CPU.get(cpu);
  const isStep = Math.abs(cpu * 1000 - Math.round(cpu * 1000)) < 1e-6;
  if (cpu < 0.08 || !isStep) return undefined;
  return { least: '128Mi', most: cpu < 0.5 ? '512Mi' : '1Gi' };
}

/** The CPU as a quantity: `1`, `0.5`. */
export function cpuQuantity(cpu: number): string {
  return String(Math.round(cpu * 1000) / 1000);
}

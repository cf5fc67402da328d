import { cpus, loadavg, totalmem } from 'node:os';

/** What a figure depends on beside what was measured. */
export interface MachineFacts {
  readonly cores: number;
  readonly processor: string;
  readonly memoryGiB: number;
  /** Load averages of 1, 5 and 15 minutes before the first round: near 0 on a machine that does nothing else. */
  readonly loadBefore: readonly number[];
}

export function machineFacts(): MachineFacts {
  const processors = cpus();
  return {
    cores: processors.length,
    processor: processors[0]?.model ?? 'unknown',
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    loadBefore: loadavg().map((load) => Math.round(load * 100) / 100),
  };
}

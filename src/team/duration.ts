const UNITS: Readonly<Record<string, number>> = { h: 3_600_000, m: 60_000, s: 1_000, ms: 1 };

/** Milliseconds of a duration as Istio takes it: `5s`, `1500ms`, `1m30s`; undefined for what is none. */
export function durationMs(text: string): number | undefined {
  if (!/^(\d+(\.\d+)?(ms|[hms]))+$/.test(text)) return undefined;
  let sum = 0;
  for (const [, count = '', unit = ''] of text.matchAll(/(\d+(?:\.\d+)?)(ms|[hms])/g)) {
    sum += Number(count) * (UNITS[unit] ?? 0);
  }
  return sum;
}

/** A duration as Envoy prints it: `5s`, `1.500s`. */
export const asEnvoyPrints = (ms: number): string =>
  ms % 1_000 === 0 ? `${ms / 1_000}s` : `${(ms / 1_000).toFixed(3)}s`;

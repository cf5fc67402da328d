import type { Script } from '../clients/script.ts';
import type { OrderedEnd } from '../frames/resets/table.ts';
import type { CaseRecord } from './case-record.ts';
import { SetupError } from '../errors.ts';
import type { Expectation, FramesExpectation, ToleratedStatus } from './expectation.ts';
import type { Case } from './model.ts';
import { parseVersionRange } from './version-range.ts';

type Versions = Pick<CaseRecord, 'istio' | 'envoy'>;

/** What a case expects of the versions of Istio and Envoy that its record is from. */
export function expectationOf(each: Case, versions: Versions): Expectation {
  const expected = tolerating(
    {
      ...each.expectation,
      ...newest(each.sinceIstio, versions.istio),
      ...newest(each.sinceEnvoy, versions.envoy),
    },
    versions,
  );
  const frames = withWhatIsOrdered(each, expected.frames);
  return frames === undefined ? expected : { ...expected, frames };
}

/** Of the versions that a run is on, those that make a difference to a case. */
export function versionsThatMatter(each: Case, { istio, envoy }: Versions): Versions {
  const { expectation, sinceIstio, sinceEnvoy } = each;
  const since = [sinceIstio, sinceEnvoy].flatMap((versions = {}) => Object.values(versions));
  const all: readonly Partial<Expectation>[] = [expectation, ...since];
  const tolerated = all.flatMap(({ rpc, meanwhile = {} }) =>
    [rpc, ...Object.values(meanwhile).map((other) => other.rpc)].flatMap((one) => one?.tolerated ?? []),
  );
  const byIstio = sinceIstio !== undefined || tolerated.some((one) => one.istio !== undefined);
  const byEnvoy = sinceEnvoy !== undefined || tolerated.some((one) => one.envoy !== undefined);
  return {
    ...(byIstio && istio !== undefined ? { istio } : {}),
    ...(byEnvoy && envoy !== undefined ? { envoy } : {}),
  };
}

/** Without the alternatives that are tolerated of other versions only. */
function tolerating(expected: Expectation, versions: Versions): Expectation {
  const { rpc, meanwhile } = expected;
  return {
    ...expected,
    ...(rpc?.tolerated === undefined
      ? {}
      : { rpc: { ...rpc, tolerated: rpc.tolerated.filter((one) => isOf(one, versions)) } }),
    ...(meanwhile === undefined
      ? {}
      : {
          meanwhile: Object.fromEntries(
            Object.entries(meanwhile).map(([as, other]) => [as, tolerating(other, versions)]),
          ),
        }),
  };
}

/** A version that could not be found out is taken for one that is meant. */
const isOf = ({ istio, envoy }: ToleratedStatus, versions: Versions): boolean =>
  includes(istio, versions.istio) && includes(envoy, versions.envoy);

function includes(wanted: string | undefined, version: string | undefined): boolean {
  if (wanted === undefined) return true;
  const range = parseVersionRange(wanted);
  if (range === undefined)
    throw new SetupError(`a status is tolerated for "${wanted}", which is no range of versions`);
  return version === undefined || range.includes(version);
}

function newest(
  since: Readonly<Record<string, Partial<Expectation>>> = {},
  version: string | undefined,
): Partial<Expectation> {
  const first = Object.keys(since)
    .filter((each) => version !== undefined && byVersion(each, version) <= 0)
    .toSorted(byVersion)
    .at(-1);
  return first === undefined ? {} : (since[first] ?? {});
}

/** What a case has its server or its client do cannot be held against the frames. */
function withWhatIsOrdered(
  { invocation }: Case,
  frames: FramesExpectation | undefined,
): FramesExpectation | undefined {
  const ordered = 'script' in invocation ? orderedBy(invocation.script) : [];
  const oldHttp = 'http' in invocation && invocation.http === '1.1' && frames?.client?.protocol === undefined;
  if (ordered.length === 0 && !oldHttp) return frames;
  return {
    ...frames,
    ordered: [...ordered, ...(frames?.ordered ?? [])],
    ...(oldHttp ? { client: { ...frames?.client, protocol: /^an HTTP\/1\.1 request/ } } : {}),
  };
}

function orderedBy(script: Script | undefined): OrderedEnd[] {
  const steps = [...(script?.steps ?? []), ...(script?.failFirst?.steps ?? [])];
  return steps.flatMap((step): OrderedEnd[] => {
    if ('reset' in step) return [{ kind: 'RST_STREAM', ...BACKEND, code: step.reset }];
    if ('goaway' in step) return [{ kind: 'GOAWAY', ...BACKEND, code: step.goaway }];
    return 'closeConnection' in step ? [{ kind: 'END', ...BACKEND }] : [];
  });
}

const BACKEND = { leg: 'backend', by: 'backend' } as const;

/** Compares release numbers, `1.9` before `1.24.1`. What a build puts behind its number does not count. */
function byVersion(a: string, b: string): number {
  const parts = (version: string) => (/\d+(\.\d+)*/.exec(version)?.[0] ?? '').split('.').map(Number);
  const [left, right] = [parts(a), parts(b)];
  for (let i = 0; i < Math.max(left.length, right.length); i++) {
    const difference = (left[i] ?? 0) - (right[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

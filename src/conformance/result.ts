import type { DifferenceName } from './known-differences.ts';
import type { Invocation } from './model.ts';
import type { FramesReport } from './frames-report.ts';
import type { Mismatch, Outcome, Row, TableCell } from './outcomes.ts';
import type { Diagnosis } from '../diagnosis/diagnosis.ts';
import type { EnvironmentKind } from '../environments/environment.ts';
import { rpcKindOf } from '../clients/protos.ts';

/** What became of a case, as it crosses from vitest's worker to the command: plain data. */
export interface CaseResult {
  readonly name: string;
  readonly row: Row;
  readonly title: string;
  readonly environment: EnvironmentKind;
  readonly configuration: string;
  readonly client: string;
  readonly transport?: string;
  readonly rpcKind?: string;
  readonly outcome: Outcome;
  /** Why; there when skipped or could-not-run. */
  readonly reason?: string;
  /** The object that was refused at admission, which is why the case could not run. */
  readonly refused?: { readonly object: string; readonly reason: string };
  /** The line of the user's own manifest that the case is about. */
  readonly concerns?: string;
  /** What it says in a table of the report if it passed. */
  readonly cell?: TableCell;
  /** What it has shown of a known difference between versions; there when it passed and is about one. */
  readonly behaviour?: { readonly difference: DifferenceName; readonly says: string };
  readonly durationMs: number;
  readonly mismatches: readonly Mismatch[];
  /** What explains the mismatches or the refusal, the likeliest first. */
  readonly diagnoses?: readonly Diagnosis[];
  /** Folder of what the witnesses said, relative to the results. */
  readonly evidence?: string;
  /** There when the case ran through taps. */
  readonly frames?: FramesReport;
  /** There when the case ran under a sabotage: which one, and whether it was seen as it must be. */
  readonly sabotage?: { readonly name: string; readonly caughtBy: string; readonly caught: boolean };
}

/** How a case's client and way are named in a report. */
export function describeInvocation(
  invocation: Invocation,
): Pick<CaseResult, 'client' | 'transport' | 'rpcKind'> {
  const { client } = invocation;
  switch (invocation.client) {
    case 'grpc-js':
    case 'grpc-go':
    case 'grpc-web':
    case 'browser':
      return { client, transport: invocation.transport, rpcKind: rpcKindOf(invocation.method) };
    case 'pod':
      return {
        client,
        transport: /^\w+/.exec(invocation.target)?.[0] ?? '',
        rpcKind: rpcKindOf(invocation.method),
      };
    case 'http':
      return { client, transport: invocation.transport };
    case 'tls':
      return { client, transport: invocation.listener ?? 'tls' };
    case 'grpcurl':
      return { client, transport: invocation.arguments.includes('-plaintext') ? 'h2c' : 'tls' };
    case 'admission':
    case 'configuration':
      return { client };
  }
}

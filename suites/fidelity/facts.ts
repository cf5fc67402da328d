import type { Transport } from '../../src/clients/target.ts';
import type {
  GatewayExpectation,
  LedgerExpectation,
  RpcExpectation,
} from '../../src/conformance/expectation.ts';
import { routedTo, wayIn } from '../expectations.ts';

/** What all cases of this folder have in common. */
export const FACTS = { row: 'S14', configuration: 'fidelity' } as const;

/** The service behind the configuration, and the name of its pod, which every reply carries. */
export const SERVICE = 'fidelity-service';
export const POD = 'fidelity-pod';

/** What every witness says of an RPC that went well. */
export const answered = (
  transport: Transport,
): {
  readonly rpc: RpcExpectation;
  readonly ledger: LedgerExpectation;
  readonly gateway: GatewayExpectation;
} => ({
  rpc: { status: 'OK', servedBy: { service: SERVICE } },
  ledger: { attempts: 1, service: SERVICE },
  gateway: { ...wayIn(transport), ...routedTo(SERVICE) },
});

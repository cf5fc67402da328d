import type { KubernetesObject } from '@kubernetes/client-node';
import type { Evidence } from '../diagnosis/evidence.ts';
import { secretFactsOf } from '../diagnosis/secret-facts.ts';
import type { ConfigDump } from '../evidence/config-dump.ts';

/** What is applied, as evidence has it. */
type Applied = Pick<Evidence, 'objects' | 'secrets' | 'gatewayNamespace'>;
/** The part of the evidence that all cases of a group share: what is applied, and what the gateway makes of it. */
export type Configured = Applied & Pick<Evidence, 'gateway'>;

/** A configuration that is, or was, in effect. */
export interface InEffect {
  /** Known without asking anybody. */
  readonly applied: Applied;
  /** With what the gateway makes of it; only while it is in effect. */
  ask(): Promise<Configured>;
}

/** Ports of the gateway's pod that its listeners of 443 and 80 are bound to. */
const LISTENER_PORTS = [8443, 8080];

const isSecret = ({ kind }: KubernetesObject) => kind === 'Secret';

/**
 * A configuration whose gateway is asked when somebody first wants to know, and not again.
 *
 * @param applied everything that is in effect
 * @param gatewayNamespace where the gateway's pods run
 */
export function askOnce(
  applied: readonly KubernetesObject[],
  gatewayNamespace: string,
  configDump: ConfigDump,
): InEffect {
  const facts = {
    objects: applied.filter((object) => !isSecret(object)),
    secrets: applied.filter(isSecret).map(secretFactsOf),
    gatewayNamespace,
  };
  let answer: Promise<Configured> | undefined;
  return { applied: facts, ask: () => (answer ??= ask(facts, configDump)) };
}

/** A gateway that cannot be asked is a fact too: the diagnosis then goes without it. */
async function ask(facts: Applied, configDump: ConfigDump): Promise<Configured> {
  try {
    const filters = LISTENER_PORTS.map(
      async (port) => [String(port), await configDump.httpFilters(port)] as const,
    );
    const httpFilters = Object.fromEntries(await Promise.all(filters));
    return { ...facts, gateway: { httpFilters, rejectedListeners: await configDump.rejectedListeners() } };
  } catch {
    return facts;
  }
}

import type { ConfigDump } from './config-dump.ts';

/** Something to be asked of the gateway's own configuration. Answers are text, as Envoy prints them. */
export type ConfigurationQuestion =
  /** The timeout of each route made from a VirtualService, or of the one that takes `path`: `0s` is no timeout. */
  | { readonly ask: 'route timeout'; readonly virtualService: string; readonly path?: string }
  /** Their retry policy: `3 on unavailable per 20s`, or `none`. */
  | { readonly ask: 'route retries'; readonly virtualService: string }
  /** The clusters they go to, in the order in which Envoy tries them. */
  | { readonly ask: 'route clusters'; readonly virtualService: string }
  /** The HTTP filters of the listener on a port of the pod (8443, 8080), in order. */
  | { readonly ask: 'http filters'; readonly port: number }
  /** Listeners whose newest configuration Envoy has rejected, with its reasons: `none` when all is well. */
  | { readonly ask: 'rejected listeners' }
  /** What Envoy speaks to a Service's port: `h2`, `http/1.1`, or `as downstream`. */
  | { readonly ask: 'cluster protocol'; readonly service: string; readonly port: number }
  /** What may be under way at once to a Service's port: `5 requests, 4294967295 retries, 1 connections`. */
  | { readonly ask: 'circuit breakers'; readonly service: string; readonly port: number }
  /** Serial number of a credential's certificate, in lower-case hexadecimal. */
  | { readonly ask: 'certificate serial'; readonly credentialName: string };

/** The answer, with differing answers of several routes or listeners joined by "; ". `absent` when there is nothing. */
export async function answerOf(question: ConfigurationQuestion, dump: ConfigDump): Promise<string> {
  switch (question.ask) {
    case 'route timeout':
      return joined(
        (await dump.routes(question.virtualService, question.path)).map(({ timeout }) => timeout || 'unset'),
      );
    case 'route retries':
      return joined(
        (await dump.routes(question.virtualService)).map(({ retries, retryOn, perTryTimeout }) =>
          retries === undefined
            ? 'none'
            : `${retries} on ${retryOn}${perTryTimeout && ` per ${perTryTimeout}`}`,
        ),
      );
    case 'route clusters':
      return joined((await dump.routes(question.virtualService)).map(({ cluster }) => cluster));
    case 'http filters':
      return joined((await dump.httpFilters(question.port)).map((names) => names.join(', ')));
    case 'rejected listeners':
      return (await dump.rejectedListeners()).join('; ') || 'none';
    case 'cluster protocol':
      return (await dump.clusterProtocol(question.service, question.port)) ?? 'absent';
    case 'circuit breakers': {
      const limits = await dump.circuitBreakers(question.service, question.port);
      if (limits === undefined) return 'absent';
      const { max_requests: requests, max_retries: retries, max_connections: connections } = limits;
      const shown = (limit: number | undefined) => limit ?? "Envoy's default";
      return `${shown(requests)} requests, ${shown(retries)} retries, ${shown(connections)} connections`;
    }
    case 'certificate serial':
      return (await dump.certificateSerial(question.credentialName)) ?? 'absent';
  }
}

/** What is asked, as a reader sees it. */
export const describeQuestion = ({ ask, ...about }: ConfigurationQuestion): string =>
  Object.keys(about).length === 0 ? ask : `${ask} (${Object.values(about).join(':')})`;

const joined = (answers: readonly string[]): string =>
  [...new Set(answers.filter((answer) => answer !== ''))].join('; ') || 'absent';

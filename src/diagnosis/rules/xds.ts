import type { Rule } from '../rule.ts';

/** An application without a proxy that cannot read, or cannot keep, what the agent beside it gives it. */
export const proxyless: Rule = ({ complaint }) => {
  if (/bootstrap.*(no such file|ENOENT|not found|failed to read)|failed to read bootstrap/i.test(complaint)) {
    return {
      cause: 'xds-bootstrap-absent',
      confidence: 'certain',
      summary:
        'The application looked for its xDS bootstrap before the agent had written it. The annotation proxy.istio.io/config with holdApplicationUntilProxyStarts: true makes it wait.',
      because: [complaint],
    };
  }
  if (/error received from xDS stream: EOF/i.test(complaint)) {
    return {
      cause: 'xds-stream-replaced',
      confidence: 'likely',
      summary:
        'The agent keeps one xDS stream, and closes it when another one comes; grpc-go from 1.66 on opens one for each target. Dial one target in a process, or an agent that has that mended.',
      because: [complaint],
    };
  }
  return undefined;
};

import type { Script, Step } from './contract.ts';
import { isCompression } from './compression.ts';
import { metadataFrom, sizeOfMetadata } from './metadata.ts';

/** What a script may ask for at most; also in control.proto and in docs/services.md. */
const LIMITS = {
  steps: 1000,
  messages: 200_000,
  payloadBytes: 128 * 1024 * 1024,
  metadataBytes: 64 * 1024,
  // A day of one stream, the most that --stream-time takes, and what comes before and after it.
  waitMs: 90_000_000,
} as const;

const AFTER_STATUS: readonly string[] = ['wait', 'reset', 'goaway', 'close_connection'];
const LAST: readonly string[] = ['reset', 'close_connection'];
const MAX_HTTP2_CODE = 0x7fff_ffff;

/** Says in one sentence why a script cannot be played, or nothing if it can. */
export function objectionTo(script: Script, caseId: string): string | undefined {
  if (!isCompression(script.compress)) return `compress: "${script.compress}" is neither gzip nor deflate`;
  const objection = objectionToSteps(script.steps, 'steps');
  if (objection !== undefined || script.fail_first === null) return objection;
  if (caseId === '')
    return 'fail_first counts attempts by x-meshproof-case, which the request does not carry';
  if (script.fail_first.attempts < 1) return 'fail_first.attempts must be 1 or more';
  if (script.fail_first.steps.length === 0) return 'fail_first has no steps';
  return objectionToSteps(script.fail_first.steps, 'fail_first.steps');
}

function objectionToSteps(steps: readonly Step[], where: string): string | undefined {
  if (steps.length > LIMITS.steps) return `${where}: more than ${LIMITS.steps} steps`;
  const total = { messages: 0, payloadBytes: 0, metadataBytes: 0, waitMs: 0 };
  let previous: string | undefined;
  let ended = false;
  for (const [index, step] of steps.entries()) {
    const at = `${where}[${index}]`;
    if (step.step === undefined) return `${at}: a step of no known kind`;
    if (previous !== undefined && LAST.includes(previous)) return `${at}: nothing can follow ${previous}`;
    if (ended && !AFTER_STATUS.includes(step.step)) return `${at}: ${step.step} cannot follow status`;
    const objection = objectionToStep(step, total);
    if (objection !== undefined) return `${at}: ${objection}`;
    ended ||= step.step === 'status';
    previous = step.step;
  }
  for (const key of ['messages', 'payloadBytes', 'metadataBytes', 'waitMs'] as const) {
    if (total[key] > LIMITS[key]) return `${where}: ${key} add up to ${total[key]}, more than ${LIMITS[key]}`;
  }
  return undefined;
}

function objectionToStep(
  step: Step,
  total: { messages: number; payloadBytes: number; metadataBytes: number; waitMs: number },
): string | undefined {
  switch (step.step) {
    case 'headers':
      total.metadataBytes += sizeOfMetadata(step.headers.metadata);
      return objectionToMetadata(() => metadataFrom(step.headers.metadata));
    case 'messages': {
      const { count, payload_bytes, interval_ms } = step.messages;
      if (Math.min(count, payload_bytes, interval_ms) < 0) return 'a negative number';
      const sent = count === 0 ? 1 : count;
      total.messages += sent;
      total.payloadBytes += sent * payload_bytes;
      total.waitMs += (sent - 1) * interval_ms;
      return undefined;
    }
    case 'wait':
      total.waitMs += step.wait.ms;
      return step.wait.ms < 0 ? 'a negative number' : undefined;
    case 'status':
      total.metadataBytes += sizeOfMetadata(step.status.trailing_metadata);
      return objectionToMetadata(() => metadataFrom(step.status.trailing_metadata));
    case 'reset':
      return step.reset.code > MAX_HTTP2_CODE
        ? `code ${step.reset.code} is more than ${MAX_HTTP2_CODE}`
        : undefined;
    case 'await_messages':
      return step.await_messages.count < 1 ? 'count must be 1 or more' : undefined;
    case 'echo':
      return step.echo.count < 0 ? 'a negative number' : undefined;
    default:
      return undefined;
  }
}

function objectionToMetadata(build: () => unknown): string | undefined {
  try {
    build();
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

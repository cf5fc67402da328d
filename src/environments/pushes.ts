import { z } from 'zod';

const syncz = z.array(
  z.object({
    proxy: z.string(),
    resources: z
      .record(
        z.string(),
        z.object({
          sent: z.string().default(''),
          acked: z.string().default(''),
          lastError: z.string().default(''),
        }),
      )
      .default({}),
  }),
);

/**
 * A proxy that has neither taken nor refused what it was sent last; undefined when there is none.
 *
 * @param text an istiod's answer to `/debug/syncz`
 */
export function unanswered(text: string): string | undefined {
  for (const { proxy, resources } of syncz.parse(JSON.parse(text))) {
    for (const [type, { sent, acked, lastError }] of Object.entries(resources)) {
      if (sent !== acked && lastError === '') return `${proxy} has not answered a push of ${type}`;
    }
  }
  return undefined;
}

import { z } from 'zod';
import { UsageError } from '../errors.ts';
import type { TeamConfig } from './config.ts';
import { durationMs } from './duration.ts';

/** `package.Service/Method`, `package.Service/*`, `package.*` or `*`. */
const METHOD = /^(\*|([A-Za-z_]\w*\.)*([A-Za-z_]\w*\/([A-Za-z_]\w*|\*)|\*))$/;
const BACKEND = /^[a-z0-9][a-z0-9-]*(\.[a-z0-9-]+(\.svc(\.[a-z0-9-]+)*)?)?:\d{1,5}$/;
const LABEL = /^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/;

const text = z.string().min(1, 'must not be empty');
const hosts = z.array(text);
const retries = z.strictObject({
  attempts: z.int().min(0).max(100),
  on: z.array(z.enum(['cancelled', 'deadline-exceeded', 'internal', 'resource-exhausted', 'unavailable'])),
});
const route = z.strictObject({
  method: z.string().regex(METHOD, 'must be like shop.v1.Orders/Watch, shop.v1.Orders/*, shop.v1.* or *'),
  backend: z.string().regex(BACKEND, 'must be like orders:50051 or orders.shop:50051, or null').nullable(),
  subset: text.optional(),
  hosts: hosts.optional(),
  headers: z.record(z.string().regex(/^[a-z0-9._-]+$/, 'must be lower case'), z.string()).optional(),
  kind: z.enum(['unary', 'client-stream', 'server-stream', 'bidi']).optional(),
  timeout: z
    .string()
    .refine((value) => value === 'none' || durationMs(value) !== undefined, 'must be like 5s, 1500ms or none')
    .optional(),
  retries: z.union([z.literal('none'), retries]).optional(),
});
const config = z.strictObject({
  name: z
    .string()
    .regex(/^[a-z0-9][a-z0-9.-]*$/, 'must be of lower-case letters, digits, "." and "-"')
    .optional(),
  manifests: z.array(text).min(1, 'must name at least one file or folder'),
  namespace: z.string().regex(LABEL, 'must be the name of a namespace').optional(),
  routes: z.array(route).min(1, 'must name at least one route'),
  hosts: hosts.optional(),
  certificates: z.record(text, z.array(text).min(1, 'must name at least one host')).optional(),
  protos: z.array(text).optional(),
  origins: z.record(z.string(), z.url()).optional(),
  // Its entries are checked against the cases, once these are known.
  knownFailing: z.array(z.unknown()).optional(),
  // Their shape is the compiler's to check; what the plan needs of them is checked by the plan.
  cases: z.array(z.looseObject({ name: text, invocation: z.looseObject({ client: text }) })).optional(),
});

/**
 * The value that a file exports, once it is known to be a configuration.
 *
 * @param file how errors name it
 * @throws UsageError that names each place that is not as it must be
 */
export function checkConfig(value: unknown, file: string): TeamConfig {
  const checked = config.safeParse(value);
  if (checked.success) return value as TeamConfig;
  const problems = checked.error.issues.flatMap(({ code, path, message, ...issue }) => {
    const at = placeOf(path);
    if (code === 'unrecognized_keys' && 'keys' in issue) {
      return issue.keys.map((key) => `${placeOf([...path, key])} is not known`);
    }
    return [`${at || 'the default export'}: ${message}`];
  });
  throw new UsageError(`${file} is not a configuration:\n${problems.map((each) => `  ${each}`).join('\n')}`, {
    hint: 'Every field is explained in docs/your-configuration.md; "meshproof init" writes an example.',
  });
}

/** `routes[2].backend`, as one would write it. */
const placeOf = (path: readonly PropertyKey[]): string =>
  path
    .map((part, i) => (typeof part === 'number' ? `[${part}]` : `${i === 0 ? '' : '.'}${String(part)}`))
    .join('');

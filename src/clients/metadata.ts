/** Metadata to send. Values of `-bin` keys are base64 with padding. */
export type MetadataToSend = Readonly<Record<string, string | readonly string[]>>;

/**
 * Metadata, headers or trailers as received: every value of a key in order of arrival. Keys are lower case; values
 * of `-bin` keys are base64 with padding.
 */
export type ReceivedMetadata = Readonly<Record<string, readonly string[]>>;

/** Every key and value of metadata to send, in its order. */
export const entriesOf = (metadata: MetadataToSend): [string, string][] =>
  Object.entries(metadata).flatMap(([key, values]) =>
    [values].flat().map((value): [string, string] => [key.toLowerCase(), value]),
  );

/** Collects keys and values as they arrive; values of `-bin` keys are brought to base64 with padding. */
export function receivedMetadata(entries: Iterable<readonly [string, string]>): ReceivedMetadata {
  const received: Record<string, string[]> = {};
  for (const [key, value] of entries) {
    const name = key.toLowerCase();
    // gRPC lets a -bin header hold several values joined by commas, and leave the padding out.
    const values = name.endsWith('-bin')
      ? value.split(',').map((each) => Buffer.from(each.trim(), 'base64').toString('base64'))
      : [value];
    (received[name] ??= []).push(...values);
  }
  return received;
}

/** Header fields as Node and undici give them: a value, or several. Pseudo-headers are left out. */
export const headerEntries = (headers: Readonly<Record<string, string | string[] | number | undefined>>) =>
  Object.entries(headers).flatMap(([key, values]) =>
    key.startsWith(':') || values === undefined
      ? []
      : [values].flat().map((value): [string, string] => [key, String(value)]),
  );

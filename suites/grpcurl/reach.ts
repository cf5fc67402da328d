/** How the seed reaches each listener; TLS needs to be told of the test CA. */
export const REACH = {
  tls: { flags: ['-cacert', '$CA'], address: '$GATEWAY_IP:443' },
  h2c: { flags: ['-plaintext'], address: '$GATEWAY_IP:80' },
} as const;

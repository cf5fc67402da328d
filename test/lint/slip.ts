/** A VirtualService that has one finding: its prefix catches a neighbour. */
export const SLIP = `apiVersion: networking.istio.io/v1
kind: VirtualService
metadata:
  name: slip
spec:
  hosts: [grpc.example.com]
  http:
    - match:
        - uri: { prefix: /shop.Orders }
      route:
        - destination: { host: orders }
`;

/** The same without it. */
export const GOOD = SLIP.replace('/shop.Orders', '/shop.Orders/');

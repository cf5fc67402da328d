import type { NodeComponent } from '../../src/environments/environment.ts';
import type { Change } from '../../src/traffic/change.ts';
import { UNARY_SERVICE, leavingSlowly } from './steps.ts';

/**
 * Pods live on without the kubelet, and their containers without containerd: each has a shim of its own. That the node
 * is at work again afterwards is shown by a pod that comes.
 */
const restarted = (component: NodeComponent, how: string): Change => ({
  name: `${component}-restart`,
  title: `The node's ${component} is restarted under its pods: no RPC is lost, and the next pod comes as ever.`,
  prepare: [{ apply: leavingSlowly }],
  steps: [{ restartOnNode: component }, { scale: UNARY_SERVICE, replicas: 2 }],
  restore: [{ scale: UNARY_SERVICE, replicas: 1 }, { apply: {} }],
  afterSeconds: 5,
  needs: ['node-components'],
  expectation: { unary: [], streams: [], signs: [{ newPodOf: UNARY_SERVICE }] },
  sabotage: {
    name: how,
    steps: [{ restartOnNode: component }, { kill: UNARY_SERVICE }],
    caughtBy: 'unary RPCs: ',
  },
});

/** What the gateway's node itself goes through. */
export const NODE: readonly Change[] = [
  restarted('kubelet', 'the pods of a service end with it, as where a node is drained without their notice'),
  restarted('containerd', 'the pods of a service end with it, as with a unit of KillMode=control-group'),
];

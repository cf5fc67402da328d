import { KubeConfig, type RequestContext } from '@kubernetes/client-node';

/**
 * A kubeconfig whose requests share their connections. The library's own has an agent for each request
 * (@kubernetes/client-node 2.0.1), and so a TLS handshake, which costs both sides more than what is asked.
 */
export class LastingConfig extends KubeConfig {
  #dispatcher: ReturnType<RequestContext['getDispatcher']>;

  override async applySecurityAuthentication(context: RequestContext): Promise<void> {
    await super.applySecurityAuthentication(context);
    const user = this.getCurrentUser();
    // What a plug-in gives may be another certificate the next time.
    if (user?.exec !== undefined || user?.authProvider !== undefined) return;
    this.#dispatcher ??= context.getDispatcher();
    if (this.#dispatcher !== undefined) context.setDispatcher(this.#dispatcher);
  }
}

/** What signs a request by the Standard Webhooks scheme, for whoever sends one. */
import { Webhook } from 'standardwebhooks';

/**
 * Made anew for each try: the id stays, the time is now.
 * @param secret `whsec_` and base64
 */
export function signedHeaders(secret: string, id: string, body: string): Record<string, string> {
  const now = new Date();
  return {
    'webhook-id': id,
    'webhook-timestamp': String(Math.floor(now.getTime() / 1_000)),
    'webhook-signature': new Webhook(secret).sign(id, now, body),
  };
}

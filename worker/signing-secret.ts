/** Secrets that sign by the Standard Webhooks scheme, as settings give them. */
import { Webhook } from 'standardwebhooks';

/** Standard Webhooks asks for 24 to 64 bytes; in base64. */
const SECRET = /^whsec_[A-Za-z0-9+/]{32,88}={0,2}$/;

export const SIGNING_SECRET_RULE = 'a secret is whsec_ and the base64 of 24 to 64 bytes';

export function isSigningSecret(secret: string): boolean {
  if (!SECRET.test(secret)) return false;
  try {
    new Webhook(secret);
    return true;
  } catch {
    // Base64 that cannot be decoded.
    return false;
  }
}

/** URLs that an installation is configured with. */
import { z } from 'zod';

const URL_CHARACTERS_MAX = 2_000;

export const HttpUrl = z.string().max(URL_CHARACTERS_MAX).refine(isHttpUrl, {
  error: 'must be a URL that begins with http:// or https://, without user name and password',
});

function isHttpUrl(text: string): boolean {
  if (!/^https?:\/\//.test(text) || !URL.canParse(text)) return false;
  const { username, password } = new URL(text);
  return username === '' && password === '';
}

import type { Detector } from './detector';

/** What examples write in the place of a password. */
const PLACEHOLDER =
  /^(?:(?:my|your|the|some|a)?[-_ ]?(?:pass(?:word|wd)?|pwd|pw|secret|token|key|api[-_]?key|auth)|x+|\*+|\.+|test|guest|foo|bar|baz|postgres|root|admin|user(?:name)?|p|s3cret|123\d*)$/i;
/** `${PASSWORD}`, `<password>`, `{{password}}`, `%s`, `[password]`. */
const TEMPLATE = /[${}<>[\]%]/;

/** `https://name:password@host`: no placeholder, and not on a machine of one's own. */
export const passwordInUrl: Detector = {
  name: 'password in a URL',
  category: 'credentials',
  candidates:
    /(?<![\w+.-])[a-z][a-z0-9+.-]{1,20}:\/\/[^\s:@/"'`<>]{0,64}:([^\s@/"'`]{3,128})@([^\s:/"'`]{1,190})/gi,
  isOne: (_candidate, [, password = '', host = '']) =>
    !PLACEHOLDER.test(password) &&
    !TEMPLATE.test(password + host) &&
    !/^(?:localhost|127\.|host$|hostname$|server$|(?:.*\.)?example(?:\.|$))/i.test(host),
};

/** Keys and tokens that their issuers made so that they are recognised; by the issuers' own forms. */
import { APART_AFTER, APART_BEFORE, type Detector } from './detector';

const FORMS: Record<string, string> = {
  'AWS access key': '(?:AKIA|ASIA)[A-Z2-7]{16}',
  'Anthropic API key': String.raw`sk-ant-[\w-]{32,200}`,
  'GitHub token': String.raw`gh[pousr]_[A-Za-z0-9]{36,251}|github_pat_\w{60,100}`,
  'GitLab token': String.raw`glpat-[\w-]{20,60}`,
  'Google API key': String.raw`AIza[\w-]{35}`,
  'OpenAI API key': String.raw`sk-(?:proj-)?[\w-]{40,200}`,
  'Slack token': String.raw`xox[abeprs]-\d[\w-]{15,200}`,
  'Stripe key': '[rs]k_live_[A-Za-z0-9]{20,200}',
  'npm token': 'npm_[A-Za-z0-9]{36}',
};

/** Their makers use as many kinds of characters as they can; a run of `x` is a placeholder. */
const CHARACTERS_LEAST = 10;

export const accessTokens: readonly Detector[] = Object.entries(FORMS).map(([name, form]) => ({
  name,
  category: 'credentials',
  candidates: new RegExp(`${APART_BEFORE}(?:${form})${APART_AFTER}`, 'g'),
  isOne: (candidate) => new Set(candidate).size >= CHARACTERS_LEAST && !/example/i.test(candidate),
}));

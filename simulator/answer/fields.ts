/** What a field is meant to hold, by its name and description. */
export type Role =
  | 'quote'
  | 'document'
  | 'line'
  | 'id'
  | 'reference'
  | 'title'
  | 'section'
  | 'claim'
  | 'prose'
  | 'body'
  | 'term'
  | 'gap'
  | 'comment'
  | 'verdict'
  | 'confidence'
  | 'score'
  | 'question'
  | 'filename'
  | 'url'
  | 'email'
  | 'date'
  | 'language'
  | 'count'
  | 'year'
  | 'unknown';

/** The words of a name, lower case, singular: `findingIds` is `finding id`. */
export function nameWords(name: string): string {
  return name
    .replace(/([a-z0-9])([A-Z])/g, '$1 $2')
    .replace(/[_\-.\s]+/g, ' ')
    .toLowerCase()
    .split(' ')
    .map((word) => (/[^s]s$/.test(word) && word.length > 3 ? word.slice(0, -1) : word))
    .join(' ');
}

/** Tried in order on the words of the name; the first that fits decides. */
const BY_NAME: [Role, RegExp][] = [
  ['quote', /\b(quote|quotation|verbatim|excerpt|snippet|passage)\b/],
  ['confidence', /\b(confidence|certainty|probability|likelihood)\b/],
  ['line', /\bline( number)?$|\blineno\b/],
  [
    'reference',
    /\b(citation|cite|cited|reference|evidence|supporting|based on)\b|\bfindings? id|^finding$/,
  ],
  ['reference', /^(source|claim|section|theme|point|insight|item) ids?$/],
  ['id', /^(id|key|identifier|slug)$/],
  [
    'document',
    /^(document|doc|source|file|source file|document name|file name|source document|source name)$/,
  ],
  ['verdict', /\b(verdict|decision|approval)\b/],
  ['comment', /\b(comment|feedback|issue|problem|change|remark|suggestion|correction)\b/],
  [
    'gap',
    /\b(limitation|gap|missing|caveat|unknown|warning|open question|unanswered|contradiction|conflict|disagreement)\b/,
  ],
  ['question', /\bquestion\b|\bquery\b/],
  ['title', /\b(title|heading|headline|subject|header)\b/],
  ['section', /^(section|chapter|part|where)$/],
  ['filename', /\b(filename|path|output file)\b/],
  ['url', /\b(url|uri|link|href|website)\b/],
  ['email', /\be?mail\b/],
  ['date', /\b(date|day|deadline|published|created|updated)\b/],
  ['language', /\b(language|lang|locale)\b/],
  ['year', /\byear\b/],
  ['score', /\b(score|rating|grade|quality|rank|priority|severity|weight|relevance|importance)\b/],
  ['count', /\b(count|number|total|amount|quantity|size|length)\b/],
  ['body', /\b(body|content|markdown|report|article|section text|draft|paragraph|full text)\b/],
  [
    'prose',
    /\b(summary|answer|abstract|conclusion|overview|introduction|synthesis|analysis|description)\b/,
  ],
  [
    'claim',
    /\b(claim|statement|text|finding|point|fact|insight|argument|reason|rationale|explanation|note|message|observation|implication|outcome|recommendation)\b/,
  ],
  ['term', /\b(name|topic|category|tag|keyword|term|label|theme|type|kind|author|entity)\b/],
];

/** Tried on the description where the name says nothing. */
const BY_DESCRIPTION: [Role, RegExp][] = [
  ['quote', /\bverbatim\b|\bexact (quote|words)\b/i],
  ['reference', /\b(ids?|identifiers?) of (the )?(\w+ )?(findings?|claims?|sources?|evidence)\b/i],
  ['document', /\b(document|file) name\b|\bname of the (document|file|source)\b/i],
  ['line', /\bline number\b/i],
  ['confidence', /\bconfidence\b|\bhow sure\b/i],
  ['title', /\b(title|heading)\b/i],
  ['body', /\bmarkdown\b|\bparagraphs?\b/i],
  ['prose', /\b(summary|answer)\b/i],
];

export function roleOf(name: string, description: string): Role {
  const words = nameWords(name);
  return (
    BY_NAME.find(([, pattern]) => pattern.test(words))?.[0] ??
    BY_DESCRIPTION.find(([, pattern]) => pattern.test(description))?.[0] ??
    'unknown'
  );
}

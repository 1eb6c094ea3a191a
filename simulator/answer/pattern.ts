import type { Random } from '../random';

/**
 * Makes strings that match a regular expression: literals, classes, groups, alternatives,
 * quantifiers and anchors, which is all that the API's schemas may use. Descriptions may state
 * more: look-around and word boundaries are left to chance, since each string is tried at last.
 */

type Node =
  | { kind: 'chars'; chars: string[] }
  | { kind: 'sequence'; nodes: Node[] }
  | { kind: 'choice'; nodes: Node[] }
  | { kind: 'repeat'; node: Node; min: number; max: number };

const NOTHING: Node = { kind: 'sequence', nodes: [] };

/** How many more than the minimum an open repeat makes at most. */
const OPEN_REPEAT_EXTRA_COUNT_MAX = 6;
const WORD = [...'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_'];
const DIGITS = [...'0123456789'];
const PRINTABLE = Array.from({ length: 95 }, (_, offset) => String.fromCharCode(32 + offset));
const ESCAPED: Record<string, string[]> = {
  d: DIGITS,
  w: WORD,
  s: [' '],
  D: PRINTABLE.filter((char) => !DIGITS.includes(char)),
  W: PRINTABLE.filter((char) => !WORD.includes(char)),
  S: PRINTABLE.filter((char) => char !== ' '),
  n: ['\n'],
  r: ['\r'],
  t: ['\t'],
};

/** A string that matches, or `undefined` where the expression is beyond this generator. */
export function matching(
  pattern: string,
  random: Random,
  accepts: (candidate: string) => boolean = () => true,
): string | undefined {
  let node: Node;
  try {
    node = new PatternParser(pattern).parse();
  } catch (error) {
    if (error instanceof PatternTooHard) return undefined;
    throw error;
  }
  const expression = new RegExp(pattern, 'u');
  for (let attempt = 0; attempt < 60; attempt += 1) {
    const candidate = render(node, random, attempt);
    if (expression.test(candidate) && accepts(candidate)) return candidate;
  }
  return undefined;
}

/** Later attempts repeat more often, so that a minimum length is reached. */
function render(node: Node, random: Random, attempt: number): string {
  switch (node.kind) {
    case 'chars':
      return random.pick(node.chars);
    case 'sequence':
      return node.nodes.map((part) => render(part, random, attempt)).join('');
    case 'choice':
      return render(random.pick(node.nodes), random, attempt);
    case 'repeat': {
      const most = Math.min(node.max, node.min + OPEN_REPEAT_EXTRA_COUNT_MAX + attempt * 4);
      const count = random.int(node.min, most);
      return Array.from({ length: count }, () => render(node.node, random, attempt)).join('');
    }
  }
}

class PatternTooHard extends Error {}

class PatternParser {
  private position = 0;
  constructor(private readonly source: string) {}

  parse(): Node {
    const node = this.choice();
    if (this.position < this.source.length) throw new PatternTooHard(this.source);
    return node;
  }

  private choice(): Node {
    const nodes = [this.sequence()];
    while (this.skip('|')) nodes.push(this.sequence());
    return nodes.length === 1 && nodes[0] ? nodes[0] : { kind: 'choice', nodes };
  }

  private sequence(): Node {
    const nodes: Node[] = [];
    while (this.position < this.source.length && !'|)'.includes(this.peek())) {
      if (this.skip('^') || this.skip('$')) continue;
      nodes.push(this.quantified(this.atom()));
    }
    return { kind: 'sequence', nodes };
  }

  private atom(): Node {
    const char = this.next();
    if (char === '(') return this.group();
    if (char === '[') return this.set();
    if (char === '.') return { kind: 'chars', chars: WORD };
    if (char === '\\' && (this.skip('b') || this.skip('B'))) return NOTHING;
    if (char === '\\') return { kind: 'chars', chars: this.escape() };
    return { kind: 'chars', chars: [char] };
  }

  private group(): Node {
    let isLook = false;
    if (this.skip('?')) {
      const isNamedOrBehind = this.skip('<');
      isLook = this.skip('=') || this.skip('!');
      if (isNamedOrBehind && !isLook) while (this.next() !== '>');
      else if (!isLook && !this.skip(':')) throw new PatternTooHard(this.source);
    }
    const node = this.choice();
    if (!this.skip(')')) throw new PatternTooHard(this.source);
    return isLook ? NOTHING : node;
  }

  private set(): Node {
    const isNegated = this.skip('^');
    const chars: string[] = [];
    while (!this.skip(']')) {
      const first = this.setPart();
      const canRange = this.peek() === '-' && this.source[this.position + 1] !== ']';
      if (first.length === 1 && canRange) {
        this.next();
        chars.push(...range(first[0] ?? '', this.setPart()[0] ?? ''));
      } else chars.push(...first);
    }
    const kept = isNegated ? PRINTABLE.filter((char) => !chars.includes(char)) : chars;
    if (kept.length === 0) throw new PatternTooHard(this.source);
    return { kind: 'chars', chars: kept };
  }

  private setPart(): string[] {
    const char = this.next();
    return char === '\\' ? this.escape() : [char];
  }

  private escape(): string[] {
    const char = this.next();
    if (char === 'u' || char === 'p' || char === 'P' || /[1-9kbB]/.test(char)) {
      throw new PatternTooHard(this.source);
    }
    return ESCAPED[char] ?? [char];
  }

  private quantified(node: Node): Node {
    const [min, max] = this.quantifier();
    if (min === 1 && max === 1) return node;
    this.skip('?');
    return { kind: 'repeat', node, min, max };
  }

  private quantifier(): [number, number] {
    if (this.skip('*')) return [0, Number.POSITIVE_INFINITY];
    if (this.skip('+')) return [1, Number.POSITIVE_INFINITY];
    if (this.skip('?')) return [0, 1];
    const braces = /^\{(\d+)(,(\d*))?\}/.exec(this.source.slice(this.position));
    if (braces === null) return [1, 1];
    this.position += braces[0].length;
    const min = Number(braces[1]);
    if (braces[2] === undefined) return [min, min];
    return [min, braces[3] ? Number(braces[3]) : Number.POSITIVE_INFINITY];
  }

  private peek(): string {
    return this.source[this.position] ?? '';
  }
  private next(): string {
    const char = this.peek();
    if (char === '') throw new PatternTooHard(this.source);
    this.position += 1;
    return char;
  }
  private skip(char: string): boolean {
    if (this.peek() !== char) return false;
    this.position += 1;
    return true;
  }
}

function range(from: string, to: string): string[] {
  const start = from.charCodeAt(0);
  const length = to.charCodeAt(0) - start + 1;
  if (!(length > 0)) throw new PatternTooHard(`${from}-${to}`);
  return Array.from({ length }, (_, offset) => String.fromCharCode(start + offset));
}

/** What there is to find out about each company, source by source. A seed decides it. */
import { randomFrom } from '../support/random';

export const SOURCES = ['filings', 'registry', 'news'] as const;
export type SourceName = (typeof SOURCES)[number];

export interface Company {
  /** Its place in the files and URLs. */
  number: number;
  name: string;
  facts: Readonly<Record<SourceName, readonly string[]>>;
}

const WORDS = ['Alder', 'Birch', 'Cedar', 'Elm', 'Hazel', 'Juniper', 'Larch', 'Rowan', 'Willow'];
const TRADES = ['Castings', 'Dairies', 'Freight', 'Instruments', 'Optics', 'Textiles', 'Turbines'];
const PEOPLE = ['Ada Quist', 'Bela Horn', 'Chidi Obi', 'Dana Roth', 'Emre Kaya', 'Fay Lindqvist'];
const CITIES = ['Aarhus', 'Bilbao', 'Cork', 'Dresden', 'Ghent', 'Lodz', 'Turku'];

export function companyOf(seed: number, number: number): Company {
  const random = randomFrom(seed, `company ${number}`);
  const name = `${random.pick(WORDS)} ${random.pick(TRADES)} ${number}`;
  const whole = (min: number, max: number) => random.whole(min, max);
  return {
    number,
    name,
    facts: {
      filings: [
        `Revenue of ${name} was ${whole(100, 999)} million euros in the last year.`,
        `${name} employed ${whole(200, 9_000)} people when the year ended.`,
        `The equity ratio of ${name} stood at ${whole(11, 79)} percent.`,
      ],
      registry: [
        `${name} is entered in the commercial register under number ${whole(10_000, 99_999)}.`,
        `The managing director of ${name} is ${random.pick(PEOPLE)}.`,
        `The share capital of ${name} amounts to ${whole(50, 900)} thousand euros.`,
      ],
      news: [
        `${name} opened a plant in ${random.pick(CITIES)} with ${whole(20, 400)} workers.`,
        `A court in ${random.pick(CITIES)} dismissed a claim of ${whole(2, 90)} million euros against ${name}.`,
        `A supplier of ${name} stopped deliveries for ${whole(3, 40)} days.`,
      ],
    },
  };
}

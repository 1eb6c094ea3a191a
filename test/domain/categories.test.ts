import type { Categories } from '../../contracts/categories';
import { categoriesIn, declared, inherited, unite } from '../../domain/categories';

const FILINGS = declared(['financial', 'confidential'], 'source filings');

describe('categories on their way', () => {
  it('keep every ground once, whatever the order they come in', () => {
    const mail: Categories = { personal: ['detected email address'] };
    const together = {
      personal: ['detected email address', 'documents'],
      financial: ['source filings'],
      confidential: ['source filings'],
    };
    const documents = declared(['personal'], 'documents');
    expect(unite(mail, FILINGS, documents, mail)).toEqual(together);
    expect(JSON.stringify(unite(documents, mail, undefined, FILINGS))).toBe(
      JSON.stringify(unite(mail, FILINGS, documents)),
    );
  });

  it('take the name of what they come from as their ground', () => {
    expect(inherited(FILINGS, 'phase research')).toEqual({
      financial: ['phase research'],
      confidential: ['phase research'],
    });
    expect(inherited(undefined, 'phase research')).toEqual({});
  });

  it('are none where there are none', () => {
    expect(unite()).toEqual({});
    expect(categoriesIn(undefined)).toEqual([]);
    expect(categoriesIn(FILINGS)).toEqual(['financial', 'confidential']);
  });
});

/** Few requests, always the same; `npm run fuzz:api` makes many. */
import { fuzzApi } from '../../../bench/api-fuzz/fuzzer';
import { prepareSubject } from '../../../bench/api-fuzz/subject';
import { freshPlace, type Place } from '../../cli/installation-process';

jest.setTimeout(300_000);

let place: Place;
beforeAll(async () => {
  place = await freshPlace();
});
afterAll(() => place.remove());

describe('a fuzzer that reads OpenAPI', () => {
  it('finds no 5xx and no answer that is not as described', async () => {
    const secret = 'of this test, and long enough to be one';
    const { apiUrl } = await place.up({ TUESDAY_SECRET: secret, TUESDAY_ACCESS: 'required' });
    const subject = await prepareSubject(apiUrl, secret);
    const report = await fuzzApi(subject, { seed: 1, examples: 15, phases: ['fuzzing'] });
    expect(report).toEqual({ clean: true, output: expect.stringMatching(/Tested: \d\d/) });
  });
});

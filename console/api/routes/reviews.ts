/** What runs ask people: across runs, and one of them with all that it takes to decide. */
import { OpenAPIHono, z } from '@hono/zod-openapi';
import { ReviewQuery } from '../../../contracts/api';
import { CallerId } from '../../../contracts/decision';
import { given } from '../../../contracts/given';
import { ReviewDetail, ReviewPage } from '../../../contracts/review-views';
import { declareRoute, personOf, usersRuns } from '../access';
import { jsonContent, RunParams } from '../bodies';
import type { Routes } from '../deps';
import { problems } from '../problems';

const PageDocument = z.object(ReviewPage.shape).openapi('ReviewPage');
const DetailDocument = z.object(ReviewDetail.shape).openapi('Review');

const list = declareRoute({
  method: 'get',
  path: '/reviews',
  roles: ['viewer'],
  confined: 'theirs',
  summary: 'Open reviews across runs, oldest first',
  request: { query: ReviewQuery },
  responses: { 200: jsonContent(PageDocument, 'A page of reviews.'), ...problems(400) },
});
const show = declareRoute({
  method: 'get',
  path: '/runs/{id}/reviews/{reviewId}',
  roles: ['viewer'],
  summary: 'A review with all that it takes to decide on it',
  description:
    'Also one that is over: then as it was, with who decided how. `artifact.sha256` is the `digest` of a decision.',
  request: {
    params: RunParams.extend({ reviewId: CallerId.describe('As the run names it.') }),
  },
  responses: { 200: jsonContent(DetailDocument, 'The review.'), ...problems(400, 404) },
});

export const reviewRoutes: Routes = ({ tuesday }) =>
  new OpenAPIHono()
    .openapi(list, async (c) => {
      const { decidableBy, escalated, user, ...filter } = c.req.valid('query');
      const person = personOf(c);
      const { id, groups } = person;
      const page = await tuesday.reviews(
        given({
          ...filter,
          ...usersRuns(person, user),
          decidableBy:
            decidableBy === undefined
              ? undefined
              : // Only of who asks is it known to which groups they belong.
                { id: decidableBy, groups: decidableBy === id ? groups : [] },
          escalated: escalated === undefined ? undefined : escalated === 'true',
        }),
      );
      return c.json(page, 200);
    })
    .openapi(show, async (c) => {
      const { id, reviewId } = c.req.valid('param');
      return c.json(await tuesday.review(id, reviewId), 200);
    });

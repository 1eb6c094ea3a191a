/** What a team says of its approvals, against what its phases produce and against itself. */
import type { ReviewTrigger } from '../reviews';
import { neverEquals, propertyOf } from './contract-property';
import type { TeamProblem } from './problems';
import { type JsonSchema, Phase, Team } from './schema';

/** A definition as it was sent: only what is well formed of it is looked at. */
type Raw = Record<string, unknown>;
type Problem = [path: string, message: string];
type Declared = Exclude<Phase['review'], string>;

export function checkReviews(definition: unknown, phases: readonly Raw[]): TeamProblem[] {
  const { deadline: given } = Object(definition) as Raw;
  const deadline = Team.shape.deadline.safeParse(given).data;
  const reviews = phases.map((phase) => declaredOf(phase));
  return [
    ...(deadline?.escalateTo && !reviews.some((review) => review && review.groups.length > 0)
      ? [{ path: 'deadline/escalateTo', message: OPEN_TO_ALL }]
      : []),
    ...reviews.flatMap((review, index) =>
      review
        ? problemsOf(review, phases[index] as Raw, deadline).map(([path, message]) => ({
            path: `phases/${index}/review/${path}`,
            message,
          }))
        : [],
    ),
  ];
}

function declaredOf({ review }: Raw): Declared | undefined {
  const { data } = Phase.shape.review.safeParse(review);
  return typeof data === 'object' ? data : undefined;
}

const OPEN_TO_ALL = 'names who may decide too, but without "groups" anybody may from the beginning';

function problemsOf(
  { when, quorum, groups, deadline: own }: Declared,
  { produces }: Raw,
  common: Team['deadline'] | undefined,
): Problem[] {
  const contract = Object(produces) as JsonSchema;
  return [
    ...(typeof when === 'string'
      ? []
      : when.flatMap((trigger, position) =>
          problemsOfTrigger(trigger, contract).map(
            ([path, message]): Problem => [`when/${position}/${path}`, message],
          ),
        )),
    ...(own.escalateTo && groups.length === 0
      ? [['deadline/escalateTo', OPEN_TO_ALL] satisfies Problem]
      : []),
    ...(quorum > 1 ? problemsOfQuorum(quorum, own.default, common?.default) : []),
  ];
}

/** Silence is consent only where nobody asks for several people's. */
function problemsOfQuorum(
  quorum: number,
  own: Declared['deadline']['default'],
  common: Team['deadline']['default'] | undefined,
): Problem[] {
  if (own === 'approve')
    return [
      ['deadline/default', `would approve what ${quorum} people have to: say "reject" or "stop"`],
    ];
  if (own === undefined && common === 'approve')
    return [
      [
        'quorum',
        `asks ${quorum} people, but the team’s deadline approves without any: give the review a "deadline" with "default": "reject" or "stop"`,
      ],
    ];
  return [];
}

function problemsOfTrigger(trigger: ReviewTrigger, contract: JsonSchema): Problem[] {
  switch (trigger.kind) {
    case 'low_confidence':
      return problemsOfNumber('kind', 'confidence', contract);
    case 'low_quality':
      return problemsOfNumber('field', trigger.field, contract);
    case 'decision_type': {
      const { field, equals } = trigger;
      const property = propertyOf(contract, field);
      if (!property) return [['field', notProduced(field)]];
      return equals.flatMap((value, position): Problem[] => {
        const problem = neverEquals(property, field, value);
        return problem ? [[`equals/${position}`, problem]] : [];
      });
    }
    default:
      return [];
  }
}

function problemsOfNumber(path: string, field: string, contract: JsonSchema): Problem[] {
  const property = propertyOf(contract, field);
  if (!property) return [[path, notProduced(field)]];
  const { type } = property;
  const types = Array.isArray(type) ? type : [type];
  return type === undefined || types.includes('number') || types.includes('integer')
    ? []
    : [[path, `"${field}" is no number in what the phase produces`]];
}

const notProduced = (field: string): string =>
  `"${field}" is not a property of what the phase produces`;

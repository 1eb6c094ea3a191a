/** How much an installation takes on at once: the file that `TUESDAY_LIMITS` names. */
import { z } from 'zod';
import { type Limit, LOAD_LIMITS } from '../contracts/limits';
import { DEFAULT_LOAD, type LoadLimitName, type LoadLimits } from '../contracts/load';
import { UserId } from '../contracts/run';
import { readSettingsFile } from './settings-file';

const EXAMPLE =
  '{"runsAtWork": {"installation": 20, "user": 10}, "users": {"u-7": {"runsAtWork": 2}}}';
const NAMES = Object.keys(LOAD_LIMITS) as LoadLimitName[];
const byLimit = <T>(make: (name: LoadLimitName) => T): Record<LoadLimitName, T> =>
  Object.fromEntries(NAMES.map((name) => [name, make(name)])) as Record<LoadLimitName, T>;

const within = ({ min, max }: Limit) => {
  const range = `must be a whole number from ${min} to ${max}; nothing is unlimited`;
  return z.int({ error: range }).min(min, range).max(max, range);
};
const ofUser = (name: LoadLimitName) => within(LOAD_LIMITS[name].user).optional();
const LoadFile = z.strictObject({
  ...byLimit((name) =>
    z
      .strictObject({
        installation: within(LOAD_LIMITS[name].installation).optional(),
        user: ofUser(name),
      })
      .default({}),
  ),
  users: z.record(UserId, z.strictObject(byLimit(ofUser))).default({}),
});

/**
 * `DEFAULT_LOAD`, changed by what the file says.
 * @throws UserError `bad_input` naming the file and the place.
 */
export async function loadLimits(env: NodeJS.ProcessEnv): Promise<LoadLimits> {
  const file = await readSettingsFile(env, 'TUESDAY_LIMITS', LoadFile, EXAMPLE);
  if (!file) return DEFAULT_LOAD;
  const { users } = file.content;
  return byLimit((name) => {
    const named = Object.entries(users).flatMap(([id, own]) =>
      own[name] === undefined ? [] : [[id, own[name]] as const],
    );
    const { installation, user } = file.content[name];
    const standard = DEFAULT_LOAD[name];
    return {
      installation: installation ?? standard.installation,
      user: user ?? standard.user,
      users: Object.fromEntries(named),
    };
  });
}

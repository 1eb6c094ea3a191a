/** Who is asking, and what people may do. */
import { z } from 'zod';

/** What each role is for, beside reading, which every role may. `admin` may do everything. */
export const ROLE_WORDS = {
  viewer: 'looks at runs, teams, costs and reviews',
  starter: 'starts and forks runs',
  reviewer: 'decides what runs ask people',
  operator: 'decides what runs ask operators; pauses, stops and rebuilds runs, sets switches',
  admin: 'does everything; makes and revokes tokens',
} as const;
export type Role = keyof typeof ROLE_WORDS;
export const ROLES = Object.keys(ROLE_WORDS) as [Role, ...Role[]];
export const RoleName = z.enum(ROLES);

/** Whoever asks, as the API has found out. */
export interface Person {
  /** Opaque. */
  id: string;
  roles: readonly Role[];
  /** Of reviewers. */
  groups: readonly string[];
  /** Reaches nobody's runs but their own: those of others are not found. */
  confined?: boolean;
  /** Nobody signs in here: whoever asks may say who they are. */
  isUnchecked?: boolean;
}

/** Everybody on this machine, where nobody signs in. */
export const LOCAL_PERSON: Person = {
  id: 'local',
  roles: ROLES,
  groups: [],
  isUnchecked: true,
};

/** `local`: whoever reaches the API may do everything, and only this machine reaches it. */
export const ACCESS_MODES = ['local', 'required'] as const;
export type AccessMode = (typeof ACCESS_MODES)[number];

/** Whether one of these roles is enough for a person. Where `viewer` is, every role is. */
export function mayUse({ roles }: Pick<Person, 'roles'>, allowed: readonly Role[]): boolean {
  if (roles.includes('admin')) return true;
  return allowed.includes('viewer')
    ? roles.length > 0
    : allowed.some((role) => roles.includes(role));
}

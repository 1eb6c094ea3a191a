/** The checks that a team can list, by name. */
import type { CheckName } from '../../contracts/team/schema';
import type { Check } from './check';
import { citationsResolve } from './citations-resolve';
import { quotesExist } from './quotes-exist';

export const CHECK_TABLE: Record<CheckName, Check> = { quotesExist, citationsResolve };

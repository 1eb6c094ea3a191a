import { testRecoveries } from './test-recoveries';

testRecoveries('person');

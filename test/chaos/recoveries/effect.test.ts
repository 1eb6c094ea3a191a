import { testRecoveries } from './test-recoveries';

testRecoveries('effect');

import { testRecoveries } from './test-recoveries';

testRecoveries('tool');

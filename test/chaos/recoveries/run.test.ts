import { testRecoveries } from './test-recoveries';

testRecoveries('run');

import { testRecoveries } from './test-recoveries';

testRecoveries('model');

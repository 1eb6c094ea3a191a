import { testRecoveries } from './test-recoveries';

testRecoveries('handoff');

import { testRecoveries } from './test-recoveries';

testRecoveries('ledger');

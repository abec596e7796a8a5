import { report } from './harness.ts';
import { FULL_PUSH_TO_MUTATION, pushToMutation } from './push-to-mutation.ts';

report(await pushToMutation(FULL_PUSH_TO_MUTATION));

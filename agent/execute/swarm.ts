import type { ObjectRef } from '../core/docker-engine.ts';
import { OperationFailure } from '../core/operation-failure.ts';
import type { SwarmEngine } from '../core/swarm-engine.ts';
import type { Context } from './context.ts';

/** All that a manager shows is looked at together. */
export const TOUCHED: ObjectRef = { kind: 'swarm', id: '' };

/** @throws OperationFailure NotManager */
export function swarmOf({ swarm }: Context): SwarmEngine {
  if (swarm) return swarm;
  throw new OperationFailure('NotManager', 'host', 'this agent does not speak to a swarm');
}

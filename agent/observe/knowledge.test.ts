import { describe, expect, it } from 'vitest';
import { observedContainer } from '../../engine/normalise.ts';
import type { ObservedContainer } from '../../schemas/domain/index.ts';
import { Knowledge } from './knowledge.ts';

const ID = 'a'.repeat(64);

const seen = (Status: string): ObservedContainer =>
  observedContainer({ Id: ID, Name: '/web-1', State: { Status } });

const all = (...containers: ObservedContainer[]) =>
  new Map(containers.map((container) => [container.id, container]));

const stateOf = (knowledge: Knowledge) => knowledge.state.containers.get(ID)?.state;

describe('what is known of a host', () => {
  it('is not replaced by a look at one container that began before the last one', () => {
    const knowledge = new Knowledge();
    const [early, late] = [knowledge.ticket(), knowledge.ticket()];
    knowledge.learnContainer(late, ID, seen('running'));
    knowledge.learnContainer(early, ID, seen('created'));
    expect(stateOf(knowledge)).toBe('running');
  });

  it('is not replaced by a look at one container that began before a look at all', () => {
    const knowledge = new Knowledge();
    const [early, late] = [knowledge.ticket(), knowledge.ticket()];
    knowledge.learnContainers(late, all(seen('running')));
    knowledge.learnContainer(early, ID, seen('created'));
    expect(stateOf(knowledge)).toBe('running');
  });

  it('does not get back a container that a later look at all found gone', () => {
    const knowledge = new Knowledge();
    const [early, late] = [knowledge.ticket(), knowledge.ticket()];
    knowledge.learnContainers(late, all());
    knowledge.learnContainer(early, ID, seen('running'));
    expect(stateOf(knowledge)).toBeUndefined();
  });

  it('is not replaced by a look at all that began before another look at all', () => {
    const knowledge = new Knowledge();
    const [early, late] = [knowledge.ticket(), knowledge.ticket()];
    knowledge.learnContainers(late, all(seen('running')));
    knowledge.learnContainers(early, all(seen('created')));
    expect(stateOf(knowledge)).toBe('running');
  });

  it('keeps what a single look brought that began after a look at all', () => {
    const knowledge = new Knowledge();
    const [early, late] = [knowledge.ticket(), knowledge.ticket()];
    knowledge.learnContainer(late, ID, seen('running'));
    knowledge.learnContainers(early, all(seen('created')));
    expect(stateOf(knowledge)).toBe('running');
  });
});

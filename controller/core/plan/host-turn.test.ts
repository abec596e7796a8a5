import { describe, expect, it } from 'vitest';
import { type HostStrategy, toHostName } from '../../../schemas/domain/index.ts';
import { type HostState, hostTurn } from './host-turn.ts';

const NOW = 1_000_000;

/** The turn of a host among others, written `a:waiting b:done@900000`. */
function turn(host: string, text: string, over: Partial<HostStrategy> = {}) {
  const standings = text.split(' ').map((one) => {
    const [name = '', rest = ''] = one.split(':');
    const [state = '', doneMs] = rest.split('@');
    return {
      host: toHostName(name),
      state: state as HostState,
      ...(state === 'failed' && { message: 'web is unhealthy' }),
      ...(doneMs !== undefined && { doneMs: Number(doneMs) }),
    };
  });
  const strategy = { maxUnavailableHosts: { count: 1 }, order: [], pauseMs: 0, ...over };
  const answer = hostTurn({ strategy, host: toHostName(host), standings, now: NOW });
  const after = 'recheckMs' in answer ? ` +${answer.recheckMs}` : '';
  return answer.kind === 'go' ? 'go' : `${answer.kind}: ${answer.message}${after}`;
}

describe('the turn of a host', () => {
  it.each([
    ['a', 'a:waiting b:waiting', 'go'],
    ['b', 'a:waiting b:waiting', 'wait: waits for a'],
    ['b', 'a:rolling b:waiting', 'wait: waits for a'],
    ['b', 'a:done b:waiting', 'go'],
    ['b', 'a:failed b:waiting', 'halt: stays as it is: a failed: web is unhealthy'],
    ['a', 'a:waiting b:failed', 'halt: stays as it is: b failed: web is unhealthy'],
    ['b', 'a:away b:waiting', 'go'],
    ['a', 'a:waiting b:done c:done', 'go'],
  ])('%s of %s', (host, standings, answer) => {
    expect(turn(host, standings)).toBe(answer);
  });

  it('goes on where it has begun, whatever befalls the others', () => {
    expect(turn('b', 'a:failed b:rolling')).toBe('go');
    expect(turn('b', 'a:rolling b:rolling')).toBe('go');
  });

  it('comes to as many at once as may be away', () => {
    const two = { maxUnavailableHosts: { count: 2 } };
    expect(turn('b', 'a:waiting b:waiting c:waiting', two)).toBe('go');
    expect(turn('c', 'a:waiting b:waiting c:waiting', two)).toBe('wait: waits for a, b');
    expect(turn('c', 'a:rolling b:done c:waiting', two)).toBe('go');
    const half = { maxUnavailableHosts: { percent: 50 } };
    expect(turn('c', 'a:rolling b:waiting c:waiting d:waiting', half)).toBe('wait: waits for b');
    expect(turn('a', 'a:waiting b:waiting', { maxUnavailableHosts: { percent: 1 } })).toBe('go');
  });

  it('comes in the order that is asked for', () => {
    const order = { order: [toHostName('c'), toHostName('b')] };
    expect(turn('c', 'a:waiting b:waiting c:waiting', order)).toBe('go');
    expect(turn('a', 'a:waiting b:waiting c:done', order)).toBe('wait: waits for b');
  });

  it('comes when the host before it has been healthy for the pause', () => {
    const pause = { pauseMs: 60_000 };
    expect(turn('b', 'a:done@990000 b:waiting', pause)).toBe(
      'wait: waits 50 s after the host before it +50000',
    );
    expect(turn('b', 'a:done@940000 b:waiting', pause)).toBe('go');
    expect(turn('b', 'a:waiting@990000 b:done', { ...pause })).toBe('wait: waits for a');
  });

  it('names no more than three hosts', () => {
    expect(turn('e', 'a:waiting b:waiting c:waiting d:waiting e:waiting')).toBe(
      'wait: waits for a, b, c and 1 more',
    );
  });
});

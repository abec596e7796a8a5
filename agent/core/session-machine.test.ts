import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  INITIAL_SESSION,
  type Live,
  MISSED_HEARTBEATS,
  MOST_BACKLOG,
  type SessionEffect,
  type SessionEvent,
  type SessionState,
  stepSession,
} from './session-machine.ts';

const HEARTBEAT_MS = 1_000;
const HEARD_MS = 10_000;

const live = (changes: Partial<Live>): Live => ({
  phase: 'streaming',
  sequence: 7n,
  again: false,
  held: [],
  running: 0,
  retiring: false,
  heartbeatMs: HEARTBEAT_MS,
  heardMs: HEARD_MS,
  ...changes,
});

const STATES = {
  greeting: INITIAL_SESSION,
  observing: live({ phase: 'observing', running: 1, held: ['a', 'b'] }),
  'observing again': live({ phase: 'observing', again: true }),
  streaming: live({ running: 2 }),
  clogged: live({ phase: 'clogged', running: 1, held: ['a'] }),
  retiring: live({ running: 1, retiring: true }),
  'retiring, held': live({ phase: 'observing', retiring: true, again: true, held: ['a'] }),
  ended: { phase: 'ended', cause: 'before', welcomed: true },
} as const satisfies Record<string, SessionState>;

const EVENTS = {
  welcome: { type: 'welcome', heartbeatMs: HEARTBEAT_MS, nowMs: HEARD_MS },
  heard: { type: 'heard', nowMs: HEARD_MS + 1 },
  beat: { type: 'beat', nowMs: HEARD_MS + MISSED_HEARTBEATS * HEARTBEAT_MS },
  'late beat': { type: 'beat', nowMs: HEARD_MS + MISSED_HEARTBEATS * HEARTBEAT_MS + 1 },
  'beat of a clock set back': { type: 'beat', nowMs: 0 },
  'snapshot-taken': { type: 'snapshot-taken' },
  'snapshot-failed': { type: 'snapshot-failed', message: 'no socket' },
  resync: { type: 'resync', cause: 'a gap' },
  delta: { type: 'delta', messages: 3, backlog: MOST_BACKLOG },
  'delta of a slow link': { type: 'delta', messages: 3, backlog: MOST_BACKLOG + 1 },
  drained: { type: 'drained' },
  operation: { type: 'operation' },
  outcome: { type: 'outcome', operationId: 'x' },
  retire: { type: 'retire' },
  'no-welcome': { type: 'no-welcome' },
  closed: { type: 'closed', cause: 'reset by peer' },
  stop: { type: 'stop' },
} as const satisfies Record<string, SessionEvent>;

/** What differs from the state before, then the effects; `-` = neither. */
function shown(before: SessionState, event: SessionEvent): string {
  const { state, effects } = stepSession(before, event);
  const changes = Object.entries(state)
    .filter(([key, value]) => {
      return !(key in before) || String((before as never)[key]) !== String(value);
    })
    .map(([key, value]) => `${key}=${Array.isArray(value) ? `[${value.join(' ')}]` : value}`);
  const text = [...changes, ...effects.map(showEffect)].join(' ');
  return text === '' ? '-' : text;
}

function showEffect(effect: SessionEffect): string {
  const { do: name, ...rest } = effect;
  return `${name}(${Object.values(rest).join()})`;
}

const WELCOMED =
  'phase=observing sequence=0 again=false held=[] running=0 retiring=false ' +
  'heartbeatMs=1000 heardMs=10000 take-snapshot(connected)';
const ended = (cause: string) => `phase=ended cause=${cause} welcomed=true close(${cause})`;
const refused = (cause: string) => `phase=ended cause=${cause} welcomed=false close(${cause})`;

/** The same in every state after the welcome. */
const ALWAYS = {
  welcome: '-',
  heard: 'heardMs=10001',
  beat: 'send-heartbeat()',
  'late beat': ended('no heartbeat from the controller'),
  'beat of a clock set back': 'send-heartbeat()',
  'snapshot-failed': ended('the engine could not be observed: no socket'),
  'no-welcome': '-',
  closed: ended('reset by peer'),
  stop: ended('the agent stops'),
} as const;

const nothing = Object.fromEntries(Object.keys(EVENTS).map((name) => [name, '-'])) as Record<
  keyof typeof EVENTS,
  string
>;

const TABLE: Record<keyof typeof STATES, Record<keyof typeof EVENTS, string>> = {
  greeting: {
    ...nothing,
    welcome: WELCOMED,
    'no-welcome': refused('no welcome'),
    retire: refused('retired'),
    closed: refused('reset by peer'),
    stop: refused('the agent stops'),
  },
  observing: {
    ...ALWAYS,
    'snapshot-taken': 'phase=streaming held=[] send-snapshot(7) send-outcome(a) send-outcome(b)',
    resync: 'again=true',
    delta: '-',
    'delta of a slow link': '-',
    drained: '-',
    operation: 'running=2',
    outcome: 'held=[a b x] running=0',
    retire: 'retiring=true',
  },
  'observing again': {
    ...ALWAYS,
    'snapshot-taken': 'again=false send-snapshot(7) take-snapshot(again)',
    resync: '-',
    delta: '-',
    'delta of a slow link': '-',
    drained: '-',
    operation: 'running=1',
    outcome: 'held=[x]',
    retire: ended('retired'),
  },
  streaming: {
    ...ALWAYS,
    'snapshot-taken': '-',
    resync: 'phase=observing take-snapshot(a gap)',
    delta: 'sequence=10 send-delta(8)',
    'delta of a slow link': 'phase=clogged',
    drained: '-',
    operation: 'running=3',
    outcome: 'running=1 send-outcome(x)',
    retire: 'retiring=true',
  },
  clogged: {
    ...ALWAYS,
    'snapshot-taken': '-',
    resync: '-',
    delta: '-',
    'delta of a slow link': '-',
    drained: 'phase=observing take-snapshot(the link was slow)',
    operation: 'running=2',
    outcome: 'held=[a x] running=0',
    retire: 'retiring=true',
  },
  retiring: {
    ...ALWAYS,
    'snapshot-taken': '-',
    resync: 'phase=observing take-snapshot(a gap)',
    delta: 'sequence=10 send-delta(8)',
    'delta of a slow link': 'phase=clogged',
    drained: '-',
    operation: 'running=2',
    outcome: 'phase=ended cause=retired welcomed=true send-outcome(x) close(retired)',
    retire: '-',
  },
  'retiring, held': {
    ...ALWAYS,
    // The outcome goes first; a further snapshot would be of no use to anybody.
    'snapshot-taken':
      'phase=ended cause=retired welcomed=true send-snapshot(7) send-outcome(a) close(retired)',
    resync: '-',
    delta: '-',
    'delta of a slow link': '-',
    drained: '-',
    operation: 'running=1',
    outcome: 'held=[a x]',
    retire: '-',
  },
  ended: nothing,
};

describe('every event in every state', () => {
  const cells = Object.entries(STATES).flatMap(([state, before]) => {
    return Object.entries(EVENTS).map(([event, value]) => {
      const expected = TABLE[state as keyof typeof STATES][event as keyof typeof EVENTS];
      return { state, event, before, value, expected };
    });
  });

  test.each(cells)('$state, $event: $expected', ({ before, value, expected }) => {
    expect(shown(before, value)).toBe(expected);
  });
});

describe('whatever happens, in whatever order', () => {
  const event: fc.Arbitrary<SessionEvent> = fc.oneof(
    { weight: 3, arbitrary: fc.constant(EVENTS['snapshot-taken']) },
    {
      weight: 4,
      arbitrary: fc.record({
        type: fc.constant('delta' as const),
        messages: fc.nat(3),
        backlog: fc.constantFrom(0, MOST_BACKLOG, MOST_BACKLOG + 1),
      }),
    },
    { weight: 3, arbitrary: fc.constantFrom(EVENTS.operation, EVENTS.drained, EVENTS.resync) },
    { weight: 1, arbitrary: fc.constantFrom(...Object.values(EVENTS)) },
  );

  /** Runs the events as the shell would; operations end under ids of their own. */
  function run(events: readonly SessionEvent[], seen: (step: Step) => void): SessionState {
    let state = stepSession(INITIAL_SESSION, EVENTS.welcome).state;
    for (const [index, one] of events.entries()) {
      const at = one.type === 'outcome' ? { ...one, operationId: `op-${index}` } : one;
      const next = stepSession(state, at);
      seen({ before: state, event: at, effects: next.effects });
      state = next.state;
    }
    return state;
  }

  interface Step {
    readonly before: SessionState;
    readonly event: SessionEvent;
    readonly effects: readonly SessionEffect[];
  }

  const holds = (law: (events: readonly SessionEvent[]) => void): void => {
    fc.assert(fc.property(fc.array(event, { maxLength: 60 }), law), { numRuns: 500 });
  };

  test('deltas are numbered without a gap from the snapshot on', () => {
    holds((events) => {
      let next: bigint | undefined;
      run(events, ({ event: cause, effects }) => {
        for (const effect of effects) {
          if (effect.do === 'send-snapshot') next = effect.sequence + 1n;
          if (effect.do !== 'send-delta' || cause.type !== 'delta') continue;
          expect(effect.sequence).toBe(next);
          next = effect.sequence + BigInt(cause.messages);
        }
      });
    });
  });

  test('each outcome is sent once, in order', () => {
    holds((events) => {
      const given: string[] = [];
      const sent: string[] = [];
      const end = run(events, ({ before, event: cause, effects }) => {
        if (cause.type === 'outcome' && before.phase !== 'ended') given.push(cause.operationId);
        sent.push(...effects.flatMap((one) => (one.do === 'send-outcome' ? one.operationId : [])));
      });
      const held = 'held' in end ? end.held : given.slice(sent.length);
      expect([...sent, ...held]).toEqual(given);
    });
  });

  test('no outcome is sent while the view is behind', () => {
    holds((events) => {
      let behind = true;
      run(events, ({ before, event: cause, effects }) => {
        const told = new Set(effects.map((effect) => effect.do));
        const dropped = cause.type === 'delta' && !told.has('send-delta');
        if (dropped && before.phase !== 'ended') behind = true;
        if (told.has('send-snapshot')) behind = false;
        expect(behind && told.has('send-outcome')).toBe(false);
        if (told.has('take-snapshot')) behind = true;
      });
    });
  });

  test('one snapshot is under way at a time, and none is begun at the end', () => {
    holds((events) => {
      let underWay = 1;
      run(events, ({ event: cause, effects }) => {
        const told = effects.map((effect) => effect.do);
        const begun = told.filter((one) => one === 'take-snapshot').length;
        underWay = (cause.type === 'snapshot-taken' ? 0 : underWay) + begun;
        expect(underWay).toBeLessThanOrEqual(1);
        expect(told.includes('close') && begun > 0).toBe(false);
      });
    });
  });

  test('a session is closed once and stays closed', () => {
    holds((events) => {
      const closes: SessionEffect[] = [];
      const end = run([...events, EVENTS.stop, ...Object.values(EVENTS)], ({ effects }) => {
        closes.push(...effects.filter((effect) => effect.do === 'close'));
      });
      expect(end.phase).toBe('ended');
      expect(closes).toHaveLength(1);
    });
  });
});

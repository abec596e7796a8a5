/**
 * A session as the agent sees it, as data: the shell in agent/session gives it what happens and
 * does what it answers.
 *
 *               welcome                snapshot-taken
 *   greeting ────────────► observing ◄──────────────► streaming
 *      │                    ▲     │        resync        │
 *      │            drained │     │                      │ delta, and the link
 *      │                    │     │                      ▼ does not keep up
 *      │                    └─────┼────────────────── clogged
 *      ▼                          ▼                      │
 *    ended ◄──── stop, closed, silence, no snapshot, retired and idle
 *
 * What must hold: deltas are numbered without a gap from the snapshot on; what a delta would have
 * said while none may be sent is in the next snapshot; an outcome is sent only after the snapshot
 * or delta that shows what it did.
 */
export type SessionState = Greeting | Live | Ended;

interface Greeting {
  readonly phase: 'greeting';
}

export interface Live {
  readonly phase: 'observing' | 'streaming' | 'clogged';
  /** Of the last message of the chain. */
  readonly sequence: bigint;
  /** Observing only: the view broke meanwhile, so another snapshot follows this one. */
  readonly again: boolean;
  /** Outcomes that wait for a snapshot, by operation id, in order. */
  readonly held: readonly string[];
  /** Operations under way. */
  readonly running: number;
  /** Ends as soon as nothing is under way. */
  readonly retiring: boolean;
  readonly heartbeatMs: number;
  /** When anything was last heard, agent time. */
  readonly heardMs: number;
}

interface Ended {
  readonly phase: 'ended';
  readonly cause: string;
  readonly welcomed: boolean;
}

export type SessionEvent =
  | { readonly type: 'welcome'; readonly heartbeatMs: number; readonly nowMs: number }
  | { readonly type: 'heard'; readonly nowMs: number }
  /** The heartbeat's timer. */
  | { readonly type: 'beat'; readonly nowMs: number }
  | { readonly type: 'snapshot-taken' }
  | { readonly type: 'snapshot-failed'; readonly message: string }
  /** The view of the engine had a gap, or the controller asks. */
  | { readonly type: 'resync'; readonly cause: string }
  /** `messages`: how many the delta is split into; `backlog`: how many wait to be sent. */
  | { readonly type: 'delta'; readonly messages: number; readonly backlog: number }
  /** What waited to be sent is sent. */
  | { readonly type: 'drained' }
  | { readonly type: 'operation' }
  | { readonly type: 'outcome'; readonly operationId: string }
  /** A new certificate is there: a new session should take over. */
  | { readonly type: 'retire' }
  | { readonly type: 'no-welcome' }
  | { readonly type: 'closed'; readonly cause: string }
  | { readonly type: 'stop' };

export type SessionEffect =
  | { readonly do: 'take-snapshot'; readonly cause: string }
  | { readonly do: 'send-snapshot'; readonly sequence: bigint }
  /** The delta of this event, its first message with this sequence. */
  | { readonly do: 'send-delta'; readonly sequence: bigint }
  | { readonly do: 'send-outcome'; readonly operationId: string }
  | { readonly do: 'send-heartbeat' }
  | { readonly do: 'close'; readonly cause: string };

export interface SessionStep {
  readonly state: SessionState;
  readonly effects: readonly SessionEffect[];
}

export const MISSED_HEARTBEATS = 3;
/** Messages that may wait to be sent before deltas are dropped for a later snapshot. */
export const MOST_BACKLOG = 500;

export const INITIAL_SESSION: SessionState = { phase: 'greeting' };

export function stepSession(state: SessionState, event: SessionEvent): SessionStep {
  switch (state.phase) {
    case 'greeting':
      return greeting(state, event);
    case 'observing':
    case 'streaming':
    case 'clogged':
      return retired(live(state, event));
    case 'ended':
      return { state, effects: [] };
  }
}

function greeting(state: Greeting, event: SessionEvent): SessionStep {
  switch (event.type) {
    case 'welcome': {
      const { heartbeatMs, nowMs: heardMs } = event;
      const base = { sequence: 0n, again: false, held: [], running: 0, retiring: false };
      const next: Live = { phase: 'observing', ...base, heartbeatMs, heardMs };
      return { state: next, effects: [{ do: 'take-snapshot', cause: 'connected' }] };
    }
    case 'no-welcome':
      return end(false, 'no welcome');
    case 'retire':
      return end(false, 'retired');
    case 'stop':
      return end(false, 'the agent stops');
    case 'closed':
      return end(false, event.cause);
    case 'heard':
    case 'beat':
    case 'snapshot-taken':
    case 'snapshot-failed':
    case 'resync':
    case 'delta':
    case 'drained':
    case 'operation':
    case 'outcome':
      return { state, effects: [] };
  }
}

function live(state: Live, event: SessionEvent): SessionStep {
  switch (event.type) {
    case 'snapshot-taken':
      return snapshotTaken(state);
    case 'snapshot-failed':
      return end(true, `the engine could not be observed: ${event.message}`);
    case 'resync':
      return resync(state, event.cause);
    case 'delta':
      return delta(state, event.messages, event.backlog);
    case 'drained':
      return state.phase === 'clogged' ? observe(state, 'the link was slow') : stay(state);
    case 'outcome':
      return outcome(state, event.operationId);
    case 'operation':
      return stay({ ...state, running: state.running + 1 });
    case 'retire':
      return stay({ ...state, retiring: true });
    case 'heard':
      return stay({ ...state, heardMs: event.nowMs });
    case 'beat':
      return beat(state, event.nowMs);
    case 'stop':
      return end(true, 'the agent stops');
    case 'closed':
      return end(true, event.cause);
    case 'welcome':
    case 'no-welcome':
      return stay(state);
  }
}

const stay = (state: SessionState): SessionStep => ({ state, effects: [] });

/** A session that is to retire ends once nothing is under way and nothing is held. */
function retired(step: SessionStep): SessionStep {
  const { state, effects } = step;
  if (state.phase === 'greeting' || state.phase === 'ended') return step;
  if (!state.retiring || state.running > 0 || state.held.length > 0) return step;
  const closed = end(true, 'retired');
  const last = effects.filter((effect) => effect.do !== 'take-snapshot');
  return { state: closed.state, effects: [...last, ...closed.effects] };
}

function snapshotTaken(state: Live): SessionStep {
  if (state.phase !== 'observing') return stay(state);
  const sent: SessionEffect[] = [
    { do: 'send-snapshot', sequence: state.sequence },
    ...state.held.map((operationId) => ({ do: 'send-outcome', operationId }) as const),
  ];
  const settled = { ...state, held: [], again: false };
  if (!state.again) return { state: { ...settled, phase: 'streaming' }, effects: sent };
  return { state: settled, effects: [...sent, { do: 'take-snapshot', cause: 'again' }] };
}

function resync(state: Live, cause: string): SessionStep {
  // Clogged, a snapshot follows anyway, once it can be sent.
  if (state.phase === 'clogged') return stay(state);
  if (state.phase === 'observing') return stay({ ...state, again: true });
  return observe(state, cause);
}

const observe = (state: Live, cause: string): SessionStep => ({
  state: { ...state, phase: 'observing', again: false },
  effects: [{ do: 'take-snapshot', cause }],
});

function delta(state: Live, messages: number, backlog: number): SessionStep {
  if (state.phase !== 'streaming') return stay(state);
  if (backlog > MOST_BACKLOG) return stay({ ...state, phase: 'clogged' });
  return {
    state: { ...state, sequence: state.sequence + BigInt(messages) },
    effects: [{ do: 'send-delta', sequence: state.sequence + 1n }],
  };
}

function outcome(state: Live, operationId: string): SessionStep {
  const running = Math.max(0, state.running - 1);
  if (state.phase === 'streaming') {
    return { state: { ...state, running }, effects: [{ do: 'send-outcome', operationId }] };
  }
  return stay({ ...state, running, held: [...state.held, operationId] });
}

function beat(state: Live, nowMs: number): SessionStep {
  // A clock that was set back makes nobody silent.
  if (nowMs - state.heardMs > MISSED_HEARTBEATS * state.heartbeatMs) {
    return end(true, 'no heartbeat from the controller');
  }
  return { state, effects: [{ do: 'send-heartbeat' }] };
}

const end = (welcomed: boolean, cause: string): SessionStep => ({
  state: { phase: 'ended', cause, welcomed },
  effects: [{ do: 'close', cause }],
});

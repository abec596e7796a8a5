import { describe, expect, it } from 'vitest';
import type { AppId, UnitKey, UnitStatus } from '../../schemas/domain/index.ts';
import { MemoryStore } from '../testing/memory-ports.ts';
import { Board } from './board.ts';

const APP = 'default/shop' as AppId;

function unit(host: string, health: UnitStatus['health']): UnitStatus {
  return {
    key: `${APP}@${host}` as UnitKey,
    app: APP,
    host: host as UnitStatus['host'],
    health,
    sync: 'Synced',
    revision: null,
    appliedRevision: null,
    appliedFingerprint: null,
    conditions: [],
    services: [],
    pending: [],
    logs: [],
    updatedAt: '',
  };
}

function aBoard(store = new MemoryStore()) {
  const board = new Board(store, () => 0);
  const heard: boolean[] = [];
  board.onReady((_app, ready) => void heard.push(ready));
  return { board, heard };
}

describe('whoever waits for an app', () => {
  it('hears once when it becomes ready, and when it stops being so', async () => {
    const { board, heard } = aBoard();
    await board.put(unit('a', 'Progressing'));
    expect(heard).toEqual([]);
    await board.put(unit('a', 'Healthy'));
    await board.put({ ...unit('a', 'Healthy'), logs: ['a line'] });
    expect(heard).toEqual([true]);
    await board.put(unit('a', 'Degraded'));
    expect(heard).toEqual([true, false]);
  });

  it('hears when the last host that was not ready is gone', async () => {
    const { board, heard } = aBoard();
    await board.put(unit('a', 'Healthy'));
    await board.put(unit('b', 'Degraded'));
    await board.remove(unit('b', 'Degraded').key);
    expect(heard).toEqual([true, false, true]);
  });

  it('hears nothing of what was ready before a restart', async () => {
    const store = new MemoryStore();
    await aBoard(store).board.put(unit('a', 'Healthy'));
    const { board, heard } = aBoard(store);
    await board.load();
    await board.put({ ...unit('a', 'Healthy'), logs: ['a line'] });
    expect(board.isReady(APP)).toBe(true);
    expect(heard).toEqual([]);
  });
});

import { describe, expect, it } from 'vitest';
import type { Issue } from '../../schemas/domain/index.ts';
import { wantsColour } from '../terminal.ts';
import { fakeTerminal } from '../testing/fake-terminal.ts';
import { anAppStatus, anEntry, aRevision, aSource, aUnit, NEXT_SHA } from '../testing/samples.ts';
import { paintWith, paintWord, plain } from './colour.ts';
import { LiveBlock } from './live.ts';
import { ProgressLines, revisionReport } from './revision.ts';
import { renderApp, renderApps, renderSource } from './status.ts';
import { renderTable } from './table.ts';

const paint = paintWith(false);
const style = {
  paint,
  columns: Number.POSITIVE_INFINITY,
  nowMs: Date.parse('2030-01-01T00:00:00Z'),
};

describe('colour', () => {
  it('is for terminals, unless the environment says otherwise', () => {
    expect(wantsColour({}, true)).toBe(true);
    expect(wantsColour({}, false)).toBe(false);
    expect(wantsColour({ TERM: 'dumb' }, true)).toBe(false);
    expect(wantsColour({ NO_COLOR: '1', FORCE_COLOR: '1' }, true)).toBe(false);
    expect(wantsColour({ FORCE_COLOR: '1' }, false)).toBe(true);
    expect(wantsColour({ FORCE_COLOR: '0' }, false)).toBe(false);
  });

  it('marks words of health and leaves others alone', () => {
    expect(paintWord(paintWith(true), 'Healthy')).toBe('\u001b[32mHealthy\u001b[0m');
    expect(paintWord(paintWith(true), 'web')).toBe('web');
  });

  it('never lets text from elsewhere steer the terminal', () => {
    expect(plain('a\u001b[2J\u009b\u202eb\tc\nd')).toBe('a?[2J??b\tc\nd');
  });
});

describe('a table', () => {
  it('is aligned, and its last column is cut to the terminal', () => {
    const rows = [
      ['web', 'a long message that goes on'],
      ['longer-name', 'x'],
    ];
    expect(renderTable(['APP', 'MESSAGE'], rows, { paint, columns: 30 })).toBe(
      ['APP          MESSAGE', 'web          a long message t…', 'longer-name  x'].join('\n'),
    );
  });

  it('keeps its columns when words are painted', () => {
    const text = renderTable(['A', 'B'], [['Healthy', 'x']], {
      paint: paintWith(true),
      columns: 80,
    });
    expect(text.split('\n')[1]).toBe('\u001b[32mHealthy\u001b[0m  x');
  });
});

describe('a live block', () => {
  it('is drawn over itself on a terminal', () => {
    using terminal = fakeTerminal({ isTerminal: true });
    const block = new LiveBlock(terminal);
    block.show('one\ntwo');
    block.show('one\ntwo');
    block.show('three');
    expect(terminal.printed.raw).toBe('\u001b[0Jone\ntwo\n\u001b[2A\r\u001b[0Jthree\n');
  });

  it('is printed anew in a pipe when it has changed', () => {
    using terminal = fakeTerminal();
    const block = new LiveBlock(terminal);
    for (const text of ['one', 'one', 'two']) block.show(text);
    expect(terminal.printed.out).toBe('one\ntwo\n');
  });
});

describe('the status of apps', () => {
  it('is one row for each host, with why where it is not well', () => {
    const sick = aUnit({
      health: 'Degraded',
      conditions: [
        {
          type: 'Ready',
          status: 'False',
          reason: 'Starting',
          message: '',
          since: '2029-12-31T23:00:00Z',
        },
        {
          type: 'Stalled',
          status: 'True',
          reason: 'ImageNotFound',
          message: 'no a:1',
          since: '2029-12-31T23:00:00Z',
        },
      ],
    });
    expect(renderApps([anAppStatus({ units: [aUnit(), sick] })], style)).toBe(
      [
        'APP          HOST   SYNC    HEALTH    REVISION      AGE  MESSAGE',
        'default/web  local  Synced  Healthy   aaaaaaaaaaaa  1m',
        'default/web  local  Synced  Degraded  aaaaaaaaaaaa  1h   ImageNotFound: no a:1',
      ].join('\n'),
    );
    expect(renderApps([], style)).toBe('no apps');
  });

  it('tells of the source, its issues and its errors', () => {
    expect(renderSource(null, undefined, style)).toEqual(['no repository has been read yet']);
    expect(renderSource(aSource({ revision: null }), undefined, style)[1]).toBe(
      'revision    none in force yet',
    );
    const error = { code: 'SourceUnreachable', message: 'no route', since: '2029-12-31T22:00:00Z' };
    const issue: Issue = {
      severity: 'error',
      code: 'E_X',
      file: 'a',
      line: 1,
      column: 1,
      path: '',
      message: 'm',
    };
    expect(renderSource(aSource({ error }), aRevision({ issues: [issue] }), style)).toEqual([
      'repository  https://git.example.com/deploy.git (main)',
      'revision    aaaaaaaaaaaa applied, 1m ago Change the greeting',
      "issues      1 error (see `skep validate` or the revision's issues)",
      'source      SourceUnreachable: no route (for 2h)',
    ]);
  });

  it('of one app shows conditions, services, what is open and the last log lines', () => {
    const unit = aUnit({
      services: [
        {
          ...{ service: 'web', health: 'Degraded', reason: 'CrashLoop', message: 'exit 1' },
          ...{ image: 'a:1', replicas: { desired: 2, running: 1 }, containers: [] },
        },
      ],
      pending: [
        { service: 'web', action: 'replace', cause: 'image changed', downtime: 'host port' },
      ],
      logs: ['boom'],
    });
    const text = renderApp(anAppStatus({ units: [unit] }), style);
    expect(text).toContain('on local: Synced, Healthy, applied aaaaaaaaaaaa');
    expect(text).toContain('Ready=True AllHealthy (1m)');
    expect(text).toContain('  web      Degraded  1/2      a:1    CrashLoop: exit 1');
    expect(text).toContain('    replace web: image changed (downtime: host port)');
    expect(text).toContain('  last log lines:\n    boom');
  });
});

describe('the way of a revision', () => {
  it('is told once for each thing that changes', () => {
    const lines = new ProgressLines(paint);
    const pending = anEntry({ state: 'pending' });
    const running = anEntry({ state: 'progressing', reason: 'RollingOut' });
    expect(lines.next(aRevision({ state: 'progressing', apps: [pending] }))).toEqual([
      'aaaaaaaaaaaa Change the greeting',
    ]);
    expect(lines.next(aRevision({ apps: [running] }))).toEqual([
      '  default/web@local: progressing (RollingOut)',
    ]);
    expect(lines.next(aRevision({ apps: [running] }))).toEqual([]);
    const superseded = aRevision({ state: 'superseded', supersededBy: NEXT_SHA, apps: [] });
    expect(lines.next(superseded)).toEqual(['aaaaaaaaaaaa is superseded by bbbbbbbbbbbb']);
  });

  it('ends with what failed and how long it took', () => {
    expect(revisionReport(aRevision(), paint)).toBe('aaaaaaaaaaaa applied in 2.5 s');
    const failed = anEntry({ state: 'failed', reason: 'RolledBack', message: 'not healthy' });
    expect(revisionReport(aRevision({ state: 'failed', apps: [failed] }), paint)).toBe(
      [
        'default/web@local failed (RolledBack: not healthy); see `skep why default/web`',
        'aaaaaaaaaaaa failed',
      ].join('\n'),
    );
  });
});

import { describe, expect, it } from 'vitest';
import { capabilities, grantedCapabilities } from './capabilities.ts';

describe('capabilities', () => {
  it('have one spelling and order', () => {
    expect(capabilities(['sys_time', 'CAP_KILL', 'kill', 'all'])).toEqual([
      'ALL',
      'CAP_KILL',
      'CAP_SYS_TIME',
    ]);
  });

  it.each([
    [['ALL', 'kill'], ['chown', 'CAP_CHOWN'], ['ALL'], ['CAP_CHOWN']],
    [['kill'], ['ALL', 'chown'], ['CAP_KILL'], ['ALL']],
    [['kill'], ['kill'], ['CAP_KILL'], []],
    [['all'], ['all', 'kill'], ['ALL'], []],
  ])('of a service: %j without %j', (added, dropped, add, drop) => {
    expect(grantedCapabilities(added, dropped)).toEqual({ add, drop });
  });
});

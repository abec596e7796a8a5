import { describe, expect, it } from 'vitest';
import { securityOptions } from './security-options.ts';

const FILES: Readonly<Record<string, string>> = {
  'sec.json': '{ "defaultAction" :\n "SCMP_ACT_ERRNO",\t"n": [1.0,  2], "s": "a  \\" <&>" }\n',
  'bad.json': '{',
};
const read = (path: string) => FILES[path];

describe('security options', () => {
  it('go to the engine as they are', () => {
    const options = [
      'no-new-privileges',
      'no-new-privileges:true',
      'label:disable',
      'apparmor=docker-default',
      'seccomp=unconfined',
      'seccomp:builtin',
    ];
    expect(securityOptions(options, read)).toEqual({ options, faults: [] });
  });

  it.each(['=', ':'])('send a seccomp profile as compact text (seccomp%sFILE)', (separator) => {
    const { options } = securityOptions([`seccomp${separator}sec.json`], read);
    expect(options).toEqual([
      'seccomp={"defaultAction":"SCMP_ACT_ERRNO","n":[1.0,2],"s":"a  \\" <&>"}',
    ]);
  });

  it('say which of them cannot be sent, and why', () => {
    const { options, faults } = securityOptions(
      ['seccomp=none.json', 'seccomp=unconfined', 'seccomp=bad.json', 'apparmor'],
      read,
    );
    expect(options).toEqual(['seccomp=unconfined']);
    expect(faults).toEqual([
      { index: 0, message: 'the seccomp profile none.json is not there' },
      { index: 2, message: 'the seccomp profile bad.json is not JSON' },
      { index: 3, message: '"apparmor" is no security option' },
    ]);
  });
});

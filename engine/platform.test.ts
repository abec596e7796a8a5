import { describe, expect, it } from 'vitest';
import { normalisePlatform } from './platform.ts';

/** As Compose 2.40.3 was seen to send them. */
describe('a platform', () => {
  it.each([
    ['linux', 'linux/amd64'],
    ['arm64', 'linux/arm64'],
    ['arm', 'linux/arm'],
    ['armel', 'linux/arm/v6'],
    ['i386', 'linux/386'],
    ['s390x', 'linux/s390x'],
    ['x86_64', 'linux/amd64'],
    ['linux/aarch64', 'linux/arm64'],
    ['linux/armhf', 'linux/arm'],
    ['linux/x86-64', 'linux/amd64'],
    ['Linux/AMD64/v1', 'linux/amd64'],
    ['windows/amd64/v2', 'windows/amd64/v2'],
    ['linux/arm/v7', 'linux/arm/v7'],
    ['linux/arm/8', 'linux/arm/v8'],
    ['linux/arm64/v8', 'linux/arm64/v8'],
    ['linux/arm64/v9', 'linux/arm64/v9'],
    ['linux/armhf/v6', 'linux/arm/v7'],
    ['macos/arm64/8', 'darwin/arm64/v8'],
    ['wasi/wasm', 'wasi/wasm'],
    ['linux(6.1)/amd64', 'linux/amd64'],
    ['linux/riscv64', 'linux/riscv64'],
  ])('written %s is sent as %s', (written, sent) => {
    expect(normalisePlatform(written)).toBe(sent);
  });

  it.each(['foo', 'a/', 'a/b/c/d', '', '*', 'li nux/amd64'])('is not %j', (written) => {
    expect(normalisePlatform(written)).toBeUndefined();
  });
});

import { describe, expect, test } from 'vitest';
import { goFloatText, resolveGoScalar } from './go-scalar.ts';

describe('plain scalars, as go-yaml reads them', () => {
  test.each([
    ['', null, ''],
    ['~', null, ''],
    ['null', null, ''],
    ['true', true, 'true'],
    ['False', false, 'false'],
    ['yes', 'yes', 'yes'],
    ['no', 'no', 'no'],
    ['42', 42, '42'],
    ['-7', -7, '-7'],
    ['+7', 7, '7'],
    ['0', 0, '0'],
    ['0644', 420, '420'],
    ['0o17', 15, '15'],
    ['0x1F', 31, '31'],
    ['-0x10', -16, '-16'],
    ['0b101', 5, '5'],
    ['1_000', 1000, '1000'],
    ['12345678901234567890', '12345678901234567890', '12345678901234567890'],
    ['99999999999999999999', 1e20, '1e+20'],
    ['18446744073709551616', 18446744073709552000, '1.8446744073709552e+19'],
    ['0X1F', 31, '31'],
    ['0O17', 15, '15'],
    ['-0.0', -0, '-0'],
    ['.inf', '+Inf', '+Inf'],
    ['-.INF', '-Inf', '-Inf'],
    ['.NaN', 'NaN', 'NaN'],
    ['1.10', 1.1, '1.1'],
    ['5.0', 5, '5'],
    ['.5', 0.5, '0.5'],
    ['1e3', 1000, '1000'],
    ['1e-7', 1e-7, '1e-07'],
    ['1e400', '1e400', '1e400'],
    ['0888', 888, '888'],
    ['1.2.3', '1.2.3', '1.2.3'],
    ['22:22', '22:22', '22:22'],
    ['-', '-', '-'],
    ['.', '.', '.'],
    ['0x', '0x', '0x'],
    ['_1', '_1', '_1'],
  ])('%j', (text, value, shown) => {
    expect(resolveGoScalar(text)).toMatchObject({ value, text: shown });
  });

  test.each(['.inf', '.nan', '12345678901234567890'])(
    '%s stays a number, though a text holds it',
    (text) => {
      expect(resolveGoScalar(text).special).toBe('number');
    },
  );

  test('dates are told apart: Compose takes them nowhere', () => {
    expect(resolveGoScalar('2001-12-14').special).toBe('date');
    expect(resolveGoScalar('2001-12-14T21:59:43Z').special).toBe('date');
    expect(resolveGoScalar('2001-12-14-rc1').special).toBeUndefined();
  });

  test.each([
    [0.0001, '0.0001'],
    [0.00001, '1e-05'],
    [100000, '100000'],
    [1e6, '1e+06'],
    [123456789.123, '1.23456789123e+08'],
    [1e21, '1e+21'],
    [1.5e300, '1.5e+300'],
    [-0.25, '-0.25'],
  ])('%d is written %s', (value, text) => {
    expect(goFloatText(value)).toBe(text);
  });
});

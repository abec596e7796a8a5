import { describe, expect, test } from 'vitest';
import { readEnvironment, readRawEnvironment } from './environment.ts';
import { Reading } from './reading.ts';

const bytesOf = (text: string) => new TextEncoder().encode(text);

describe('a raw env_file', () => {
  test('is read as far as its first fault, as any other', () => {
    const reading = new Reading('');
    const values = readRawEnvironment(reading, 'e', bytesOf('A=1\n  B\n=x\n=y\nC=2\n'), () => 'b');
    expect([...values]).toEqual([
      ['A', '1'],
      ['B', 'b'],
    ]);
    expect(reading.issues).toMatchObject([{ code: 'E_DOTENV', file: 'e', line: 3, column: 1 }]);
  });
});

describe('a file of the largest size, whatever stands in it,', () => {
  const SIZE = 256 * 1024;
  const parts = ['=\n', 'A\n', 'A=1\n', '\n', '"', 'A=\\', 'A="\\', 'A=$', 'A=${', 'A=${B:-', ' #'];
  test.each(parts)('%j: is read in a short time', (part) => {
    const bytes = bytesOf(part.repeat(SIZE / part.length));
    const reading = new Reading('');
    const start = process.threadCpuUsage().user;
    readRawEnvironment(reading, 'e', bytes);
    readEnvironment(reading, 'e', bytes, () => undefined);
    expect(process.threadCpuUsage().user - start).toBeLessThan(2_000_000);
    expect(reading.issues.length).toBeLessThanOrEqual(2);
  });
});

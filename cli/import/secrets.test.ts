// biome-ignore-all lint/suspicious/noTemplateCurlyInString: Compose's own ${…}, not JavaScript's.
import { describe, expect, it } from 'vitest';
import { looksSecret, withoutSecrets } from './secrets.ts';

describe('a value', () => {
  it.each([
    ['DB_PASSWORD', 'x'],
    ['db_pass', 'x'],
    ['API_TOKEN', 'abc'],
    ['AWS_SECRET_ACCESS_KEY', 'abc'],
    ['STRIPE_KEY', 'abc'],
    ['SENTRY_DSN', 'x'],
    ['DATABASE_URL', 'postgres://u:pw@db/x'],
    ['REDIS', 'redis://:pw@cache:6379'],
    ['SALT', '5f4dcc3b5aa765d61d8327deb882cf99'],
    ['ANYTHING', 'q8Zr2Lx0Vb7Nf4Kp1Ty6'],
    ['CERT', '-----BEGIN RSA PRIVATE KEY-----\nx'],
  ])('looks secret: %s=%s', (name, value) => {
    expect(looksSecret(name, value)).toBe(true);
  });

  it.each([
    ['DB_PASSWORD', ''],
    ['USE_TOKEN', 'true'],
    ['TOKEN_TTL', '3600'],
    ['POSTGRES_PASSWORD_FILE', '/run/secrets/db'],
    ['COMPASS', 'north'],
    ['MONKEY', 'george'],
    ['PATH', '/usr/local/sbin:/usr/local/bin:/usr/sbin'],
    ['URL', 'https://shop.example.com/path?x=1'],
    ['GREETING', 'hello world, how are you today'],
    ['DATA_DIR', '/var/lib/application/data2/store'],
    ['HOSTS', 'db-01.example.com'],
    ['CLASSPATH', 'org.example.application.Main2'],
  ])('does not: %s=%s', (name, value) => {
    expect(looksSecret(name, value)).toBe(false);
  });
});

describe('a Compose file without its secrets', () => {
  const written = (services: object) => withoutSecrets({ services });

  it('asks for each by the name of its variable', () => {
    const { compose, values } = written({
      web: { image: 'a', environment: { DB_PASSWORD: 'hunter2', PLAIN: 'a$b' } },
    });
    expect(compose).toEqual({
      services: {
        web: { image: 'a', environment: { DB_PASSWORD: '${DB_PASSWORD}', PLAIN: 'a$$b' } },
      },
    });
    expect([...values]).toEqual([['DB_PASSWORD', 'hunter2']]);
  });

  it('shares equal values, and tells different ones of one name apart', () => {
    const { compose, values } = written({
      db: { environment: { PASSWORD: 'one-one' } },
      web: { environment: { PASSWORD: 'two-two', DB_PASSWORD: 'one-one' } },
    });
    expect(compose).toEqual({
      services: {
        db: { environment: { PASSWORD: '${PASSWORD}' } },
        web: { environment: { PASSWORD: '${web_PASSWORD}', DB_PASSWORD: '${PASSWORD}' } },
      },
    });
    expect([...values]).toEqual([
      ['PASSWORD', 'one-one'],
      ['web_PASSWORD', 'two-two'],
    ]);
  });

  it('finds them in commands, labels and health checks too', () => {
    const { compose, values } = written({
      cache: {
        environment: { REDIS_PASSWORD: 'hunter2' },
        command: ['redis-server', '--requirepass', 'hunter2', '--token=abc', '--port=1'],
        labels: { upstream: 'http://u:p@other', note: 'costs 5$' },
        healthcheck: { test: ['CMD-SHELL', 'redis-cli -a hunter2 ping'] },
      },
    });
    const text = JSON.stringify(compose);
    expect(text).not.toContain('hunter2');
    expect(text).not.toContain('abc');
    expect(text).not.toContain('u:p@');
    expect(compose).toMatchObject({
      services: {
        cache: {
          command: [
            'redis-server',
            '--requirepass',
            '${REDIS_PASSWORD}',
            '--token=${cache_command}',
            '--port=1',
          ],
          labels: { upstream: '${cache_labels}', note: 'costs 5$$' },
          healthcheck: { test: ['CMD-SHELL', 'redis-cli -a ${REDIS_PASSWORD} ping'] },
        },
      },
    });
    expect(values.size).toBe(3);
  });

  it('gives them names that Compose can ask for', () => {
    const { values } = written({
      web: { environment: { 'my.token': 'aaa', '1_KEY': 'bbb', SKEP_TOKEN: 'ccc' } },
    });
    expect([...values.keys()]).toEqual(['my_token', '_1_KEY', '_SKEP_TOKEN']);
  });

  it('changes nothing but the dollars where there is none', () => {
    const { compose, values } = written({ web: { command: ['echo', '$HOME'], init: true } });
    expect(compose).toEqual({ services: { web: { command: ['echo', '$$HOME'], init: true } } });
    expect(values.size).toBe(0);
  });
});

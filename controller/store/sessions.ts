import type { LoginAttempt, RefreshToken, SessionStore } from '../api/ports.ts';
import type { StoreContext } from './context.ts';

/** Longest window any login limit looks back. */
const ATTEMPTS_KEPT_MS = 10 * 60_000;
const ATTEMPTS_READ = 20_000;

const TOKEN_COLUMNS = `hash, family, user, password_mark AS passwordMark,
  issued_at_ms AS issuedAtMs, expires_at_ms AS expiresAtMs, used_at_ms AS usedAtMs`;

/** Refresh tokens, by hash, and the counters of failed logins. */
export function sessionTables(context: StoreContext): SessionStore {
  const { durable, reader, durableWriter, limits } = context;
  const addToken = durable.prepare<[RefreshToken]>(
    `INSERT INTO refresh_tokens VALUES
     (@hash, @family, @user, @passwordMark, @issuedAtMs, @expiresAtMs, @usedAtMs)`,
  );
  const forgetExpired = durable.prepare('DELETE FROM refresh_tokens WHERE expires_at_ms <= ?');
  const forgetSurplus = durable.prepare(
    `DELETE FROM refresh_tokens WHERE hash IN (SELECT hash FROM refresh_tokens
       WHERE user = ? ORDER BY issued_at_ms DESC, hash LIMIT -1 OFFSET ?)`,
  );
  const token = `SELECT ${TOKEN_COLUMNS} FROM refresh_tokens WHERE hash = ?`;
  const readToken = reader.prepare<[string], RefreshToken>(token);
  const takeToken = durable.prepare<[string], RefreshToken>(token);
  const markUsed = durable.prepare(
    'UPDATE refresh_tokens SET used_at_ms = ? WHERE hash = ? AND used_at_ms IS NULL',
  );
  const revoke = durable.prepare('DELETE FROM refresh_tokens WHERE family = ?');
  const addAttempt = durable.prepare<[LoginAttempt]>(
    'INSERT OR REPLACE INTO login_attempts VALUES (@id, @account, @address, @atMs)',
  );
  const forgetAttempts = durable.prepare('DELETE FROM login_attempts WHERE at_ms < ?');
  const removeAttempt = durable.prepare('DELETE FROM login_attempts WHERE id = ?');
  const attempts = reader.prepare<[number, number], LoginAttempt>(
    `SELECT id, account, address, at_ms AS atMs FROM login_attempts
     WHERE at_ms >= ? ORDER BY at_ms DESC LIMIT ?`,
  );
  return {
    addRefreshToken: (value) =>
      durableWriter.append(() => {
        forgetExpired.run(value.issuedAtMs);
        addToken.run(value);
        forgetSurplus.run(value.user, limits.refreshTokensPerUser);
      }),
    takeRefreshToken: (hash, nowMs) =>
      durableWriter.append(() => {
        const found = takeToken.get(hash);
        markUsed.run(nowMs, hash);
        return found;
      }),
    refreshToken: async (hash) => readToken.get(hash),
    revokeFamily: (family) => durableWriter.append(() => void revoke.run(family)),
    loginAttempts: async (sinceMs) => attempts.all(sinceMs, ATTEMPTS_READ),
    addLoginAttempt: (attempt) =>
      durableWriter.append(() => {
        forgetAttempts.run(attempt.atMs - ATTEMPTS_KEPT_MS);
        addAttempt.run(attempt);
      }),
    removeLoginAttempt: (id) => durableWriter.append(() => void removeAttempt.run(id)),
  };
}

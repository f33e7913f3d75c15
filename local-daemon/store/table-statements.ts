import type { Database } from 'better-sqlite3'
import { planOnce } from './plan-once.ts'
import type { AccountRow, InviteRow, NamespaceRow, SettingRow, TokenRow } from './rows.ts'

const TOKEN = `SELECT t.*, a.actors, a.namespace, a.revoked_at AS account_revoked_at, u.used_at
  FROM tokens t JOIN service_accounts a ON a.id = t.account
    LEFT JOIN token_uses u ON u.token_id = t.token_id`

const INVITE = `SELECT i.*, CASE WHEN i.issuer IS NOT NULL AND t.token_id IS NULL THEN i.created_at
    ELSE COALESCE(t.revoked_at, a.revoked_at) END AS issuer_revoked_at
  FROM invites i LEFT JOIN tokens t ON t.token_id = i.issuer
    LEFT JOIN service_accounts a ON a.id = t.account`

const NAMESPACE = `SELECT n.*, n.id - 1 AS record_seq, coalesce(s.threads, 0) AS threads, coalesce(s.records, 0) AS records
  FROM namespaces n LEFT JOIN namespace_sizes s ON s.namespace = n.id`

/** Statements of the tables that are folded from records: accounts, tokens, invites, settings, namespaces. */
export function prepareTableStatements(database: Database) {
  function prepare<Parameters extends unknown[], Result>(sql: string) {
    return planOnce<Parameters, Result>(database, sql)
  }
  return {
    insertAccount: prepare<
      [
        id: string,
        name: string,
        scopes: string,
        actors: string,
        namespace: string,
        env: string,
        reach: string | null,
        createdAt: number,
        recordSeq: number,
      ],
      never
    >(
      `INSERT INTO service_accounts
         (id, name, scopes, actors, namespace, env, reach, created_at, record_seq)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING`,
    ),
    revokeAccount: prepare<[revokedAt: number, reason: string | null, id: string], never>(
      'UPDATE service_accounts SET revoked_at = ?, reason = ? WHERE id = ? AND revoked_at IS NULL',
    ),
    // Taken from the account's row: a token of a missing account changes nothing.
    insertToken: prepare<
      [
        tokenId: string,
        env: string,
        scopes: string,
        reach: string | null,
        createdAt: number,
        expiresAt: number | null,
        recordSeq: number,
        account: string,
      ],
      never
    >(
      `INSERT INTO tokens (token_id, account, env, scopes, reach, created_at, expires_at, record_seq)
       SELECT ?, id, ?, ?, ?, ?, ?, ? FROM service_accounts WHERE id = ? AND revoked_at IS NULL
       ON CONFLICT (token_id) DO NOTHING`,
    ),
    revokeToken: prepare<[revokedAt: number, tokenId: string], never>(
      'UPDATE tokens SET revoked_at = ? WHERE token_id = ? AND revoked_at IS NULL',
    ),
    tokenById: prepare<[tokenId: string], TokenRow>(`${TOKEN} WHERE t.token_id = ?`),
    tokensBetween: prepare<[first: string, last: string], TokenRow>(
      `${TOKEN} WHERE t.token_id BETWEEN ? AND ? LIMIT 2`,
    ),
    tokens: prepare<[after: number, limit: number], TokenRow>(
      `${TOKEN} WHERE t.record_seq > ? ORDER BY t.record_seq LIMIT ?`,
    ),
    tokensOfAccount: prepare<[account: string, after: number, limit: number], TokenRow>(
      `${TOKEN} WHERE t.account = ? AND t.record_seq > ? ORDER BY t.record_seq LIMIT ?`,
    ),
    liveTokens: prepare<[now: number, limit: number], TokenRow>(
      `${TOKEN} WHERE t.revoked_at IS NULL AND a.revoked_at IS NULL
         AND (t.expires_at IS NULL OR t.expires_at > ?) ORDER BY t.record_seq LIMIT ?`,
    ),
    adminTokens: prepare<[until: number], TokenRow>(
      `${TOKEN} WHERE t.revoked_at IS NULL AND instr(t.scopes, '"admin"') > 0 AND a.revoked_at IS NULL
         AND (t.expires_at IS NULL OR t.expires_at > ?) ORDER BY t.record_seq`,
    ),
    touchToken: prepare<[tokenId: string, usedAt: number], never>(
      `INSERT INTO token_uses (token_id, used_at) VALUES (?, ?)
       ON CONFLICT (token_id) DO UPDATE SET used_at = excluded.used_at`,
    ),
    accounts: prepare<[after: number, limit: number], AccountRow>(
      'SELECT * FROM service_accounts WHERE record_seq > ? ORDER BY record_seq LIMIT ?',
    ),
    accountById: prepare<[id: string], AccountRow>('SELECT * FROM service_accounts WHERE id = ?'),

    insertInvite: prepare<
      [
        id: string,
        device: string,
        scopes: string,
        actors: string,
        namespace: string,
        env: string,
        reach: string | null,
        createdAt: number,
        expiresAt: number,
        issuer: string | null,
        recordSeq: number,
      ],
      never
    >(
      `INSERT INTO invites
         (id, device, scopes, actors, namespace, env, reach, created_at, expires_at, issuer, record_seq)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING`,
    ),
    redeemInvite: prepare<[redeemedAt: number, id: string], never>(
      'UPDATE invites SET redeemed_at = ? WHERE id = ? AND redeemed_at IS NULL',
    ),
    revokeInvite: prepare<[revokedAt: number, id: string], never>(
      'UPDATE invites SET revoked_at = ? WHERE id = ? AND revoked_at IS NULL AND redeemed_at IS NULL',
    ),
    inviteById: prepare<[id: string], InviteRow>(`${INVITE} WHERE i.id = ?`),
    invites: prepare<[after: number, limit: number], InviteRow>(
      `${INVITE} WHERE i.record_seq > ? ORDER BY i.record_seq LIMIT ?`,
    ),

    upsertSetting: prepare<
      [key: string, value: string, recordId: string, recordSeq: number],
      never
    >(
      `INSERT INTO settings (key, value, record_id, record_seq) VALUES (?, ?, ?, ?)
       ON CONFLICT (key) DO UPDATE SET value = excluded.value, record_id = excluded.record_id,
         record_seq = excluded.record_seq`,
    ),
    settings: prepare<[], SettingRow>(
      `SELECT s.*, r.received_at AS set_at FROM settings s JOIN records r ON r.seq = s.record_seq
       ORDER BY s.key`,
    ),

    insertNamespace: prepare<
      [
        id: number,
        name: string,
        description: string | null,
        createdAt: number,
        archivedAt: number | null,
      ],
      never
    >(
      `INSERT INTO namespaces (id, name, description, created_at, archived_at)
       VALUES (?, ?, ?, ?, ?) ON CONFLICT (name) DO NOTHING`,
    ),
    changeNamespace: prepare<
      [description: string | null, archivedAt: number | null, name: string],
      never
    >('UPDATE namespaces SET description = ?, archived_at = ? WHERE name = ?'),
    namespaceByName: prepare<[name: string], NamespaceRow>(`${NAMESPACE} WHERE n.name = ?`),
    namespaces: prepare<[after: number, limit: number], NamespaceRow>(
      `${NAMESPACE} WHERE n.id > ? + 1 ORDER BY n.id LIMIT ?`,
    ),
    // From `team/` up to `team0`, the next text that does not begin with `team/`.
    namespacesBelow: prepare<[first: string, end: string], number>(
      'SELECT id FROM namespaces WHERE name > ? AND name < ?',
    ).pluck(),
    namespaceAfter: prepare<[others: number], number>(
      'SELECT id FROM namespaces WHERE id > 0 ORDER BY id LIMIT 1 OFFSET ?',
    ).pluck(),

    clearTokens: prepare<[], never>('DELETE FROM tokens'),
    clearAccounts: prepare<[], never>('DELETE FROM service_accounts'),
    clearInvites: prepare<[], never>('DELETE FROM invites'),
    clearSettings: prepare<[], never>('DELETE FROM settings'),
    // `default` is there without a record.
    clearNamespaces: prepare<[], never>('DELETE FROM namespaces WHERE id > 1'),
  }
}

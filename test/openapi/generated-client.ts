// @ts-nocheck
/**
 * spl
 * 0.1.0
 * DO NOT MODIFY - This file has been generated using oazapfts.
 * See https://www.npmjs.com/package/oazapfts
 */
import * as Oazapfts from "@oazapfts/runtime";
import * as QS from "@oazapfts/runtime/query";
export const defaults: Oazapfts.Defaults<Oazapfts.CustomHeaders> = {
    headers: {},
    baseUrl: "/"
};
const oazapfts = Oazapfts.runtime(defaults);
export const servers = {
    whereThisDescriptionWasReadFrom: "/"
};
export type StoreSize = {
    /** Both files together */
    total_bytes: number;
    database_bytes: number;
    /** The write-ahead log */
    wal_bytes: number;
    /** Pages with content: what the ceiling is compared with */
    used_bytes: number;
    /** Empty pages, which are used before the file grows */
    free_bytes: number;
    /** The setting `store_ceiling_bytes` */
    ceiling_bytes: number | null;
    /** New records are refused */
    over_ceiling: boolean;
};
export type Health = {
    /** `failing` is told over the Unix socket only: see `store.problem` */
    status: "ok" | "failing";
    version: string;
    instance_did: string;
    /** Over the Unix socket only */
    runtime?: {
        node: string;
        sqlite: string;
    };
    /** Over the Unix socket only */
    process?: {
        pid: number;
        started: string;
        name: string;
    };
    /** Over the Unix socket only */
    store?: {
        records: number;
        writable: boolean;
        epoch: string;
        lineage_broken: string | null;
        size: StoreSize;
        problem: {
            code: "INVALID_REQUEST" | "INVALID_RECORD" | "INVALID_TARGET" | "INVALID_HEADERS" | "INVALID_CURSOR" | "INVALID_SETTING" | "INVALID_QUERY" | "EMPTY_QUERY" | "INVALID_SEARCH" | "CONNECT_PROOF_INVALID" | "AUTH_REQUIRED" | "AUTH_INVALID" | "AUTH_REVOKED" | "CHALLENGE_REPLAYED" | "CHALLENGE_STALE" | "SIGNATURE_INVALID" | "INVITE_INVALID" | "SEARCH_OFF" | "SCOPE_FORBIDDEN" | "ORIGIN_NOT_ALLOWED" | "LOCAL_ONLY" | "DID_CLAIM_DENIED" | "THREAD_RESERVED" | "REACH_FORBIDDEN" | "HOSTNAME_NOT_INVITED" | "NAMESPACE_REJECTED" | "NOT_FOUND" | "METHOD_NOT_ALLOWED" | "REQUEST_TIMEOUT" | "CLOCK_CONFLICT" | "ANOTHER_DAEMON_CONNECTED" | "BOOTSTRAP_CLOSED" | "LOCKOUT" | "HOSTNAME_TAKEN" | "BACKUP_RUNNING" | "BACKUP_REFUSED" | "REGISTRY_FULL" | "CODE_USED" | "RECORD_REDACTED" | "CURSOR_EPOCH_CHANGED" | "CURSOR_FUTURE" | "BODY_TOO_LARGE" | "UNSUPPORTED_MEDIA_TYPE" | "HOST_NOT_ALLOWED" | "HOSTNAME_UNKNOWN" | "IDEMPOTENCY_KEY_REUSED" | "UPGRADE_REQUIRED" | "RATE_LIMITED" | "HEADERS_TOO_LARGE" | "INTERNAL" | "STORE_DAMAGED" | "BACKUP_DAMAGED" | "BACKUP_FAILED" | "STORE_FAILED" | "TUNNEL_INTERRUPTED" | "BAD_UPSTREAM_RESPONSE" | "TUNNEL_OFFLINE" | "TUNNEL_BUSY" | "POLICY_MISSING" | "GATEWAY_STORAGE_FULL" | "REGISTRY_UNAVAILABLE" | "CONSUMER_TOO_SLOW" | "DAEMON_STOPPING" | "QUERY_TOO_SLOW" | "QUERY_BUSY" | "STORE_BUSY" | "STORE_MISSING" | "STORE_REPLACED" | "HEAD_TIMEOUT" | "GATEWAY_MISCONFIGURED" | "STORE_CEILING_REACHED" | "STORE_FULL" | "BACKUP_NO_ROOM";
            message: string;
            "try": string;
            since: number;
        } | null;
    };
    /** Over the Unix socket only */
    security?: {
        auth_required: boolean;
        insecure_localhost: boolean;
    };
};
export type Problem = {
    "object": "error";
    code: "INVALID_REQUEST" | "INVALID_RECORD" | "INVALID_TARGET" | "INVALID_HEADERS" | "INVALID_CURSOR" | "INVALID_SETTING" | "INVALID_QUERY" | "EMPTY_QUERY" | "INVALID_SEARCH" | "CONNECT_PROOF_INVALID" | "AUTH_REQUIRED" | "AUTH_INVALID" | "AUTH_REVOKED" | "CHALLENGE_REPLAYED" | "CHALLENGE_STALE" | "SIGNATURE_INVALID" | "INVITE_INVALID" | "SEARCH_OFF" | "SCOPE_FORBIDDEN" | "ORIGIN_NOT_ALLOWED" | "LOCAL_ONLY" | "DID_CLAIM_DENIED" | "THREAD_RESERVED" | "REACH_FORBIDDEN" | "HOSTNAME_NOT_INVITED" | "NAMESPACE_REJECTED" | "NOT_FOUND" | "METHOD_NOT_ALLOWED" | "REQUEST_TIMEOUT" | "CLOCK_CONFLICT" | "ANOTHER_DAEMON_CONNECTED" | "BOOTSTRAP_CLOSED" | "LOCKOUT" | "HOSTNAME_TAKEN" | "BACKUP_RUNNING" | "BACKUP_REFUSED" | "REGISTRY_FULL" | "CODE_USED" | "RECORD_REDACTED" | "CURSOR_EPOCH_CHANGED" | "CURSOR_FUTURE" | "BODY_TOO_LARGE" | "UNSUPPORTED_MEDIA_TYPE" | "HOST_NOT_ALLOWED" | "HOSTNAME_UNKNOWN" | "IDEMPOTENCY_KEY_REUSED" | "UPGRADE_REQUIRED" | "RATE_LIMITED" | "HEADERS_TOO_LARGE" | "INTERNAL" | "STORE_DAMAGED" | "BACKUP_DAMAGED" | "BACKUP_FAILED" | "STORE_FAILED" | "TUNNEL_INTERRUPTED" | "BAD_UPSTREAM_RESPONSE" | "TUNNEL_OFFLINE" | "TUNNEL_BUSY" | "POLICY_MISSING" | "GATEWAY_STORAGE_FULL" | "REGISTRY_UNAVAILABLE" | "CONSUMER_TOO_SLOW" | "DAEMON_STOPPING" | "QUERY_TOO_SLOW" | "QUERY_BUSY" | "STORE_BUSY" | "STORE_MISSING" | "STORE_REPLACED" | "HEAD_TIMEOUT" | "GATEWAY_MISCONFIGURED" | "STORE_CEILING_REACHED" | "STORE_FULL" | "BACKUP_NO_ROOM";
    message: string;
    "try"?: string;
    required_scope?: string;
    /** Who refused */
    hop: "gateway" | "daemon";
    request_id?: string;
    /** Path of what is wrong */
    field?: string;
    /** The gateway’s clock, Unix time, milliseconds */
    edge_time?: number;
};
export type Capabilities = {
    "object": "capabilities_manifest";
    manifest_version: "1";
    instance_did: string;
    daemon: {
        version: string;
        api_version: string;
    };
    auth: {
        schemes: string[];
        stream_tickets: boolean;
        invites: boolean;
    };
    did_methods: string[];
    record: {
        hashed_fields: string[];
        acts: string[];
    };
    transports: string[];
    limits: {
        [key: string]: number;
    };
};
export type Reach = {
    namespaces: string[];
    threads: string[];
};
export type Identity = {
    "object": "identity";
    instance_did: string;
    via: "socket" | "loopback" | "network" | "proxy" | "tunnel";
    service_account_id: string | null;
    did: string | null;
    scopes: ("records:read" | "records:write" | "threads:write" | "federation:manage" | "config:read" | "config:write" | "admin")[];
    actors: string[];
    "namespace": string | null;
    /** Where it may read and write; null: everywhere */
    reach: Reach | null;
    /** Unix time, seconds */
    expires_at: number | null;
    /** As far as it can be known */
    client_address: string | null;
};
export type IdentityProof = {
    "object": "identity_proof";
    instance_did: string;
    /** By which host the daemon was called */
    authority: string;
    /** By chance, anew with each start of the daemon */
    process: string;
    /** As in RFC 9421, over the request */
    signature_input: string;
    signature: string;
};
export type NewRecord = {
    parents?: string[];
    thread: string;
    /** Left out: the one of X-Syncropel-Actor, else the bearer’s account itself */
    actor?: string;
    act: "INTEND" | "DO" | "KNOW" | "LEARN" | "GET" | "PUT" | "CALL" | "MAP";
    body: {
        [key: string]: any;
    };
    /** Left out: the next one of this actor on this thread */
    clock?: number;
    data_type?: "SCALAR" | "FORMULA" | "DISTRIBUTION" | "REFERENCE" | "MORPHISM" | "VOID";
    /** SHA-256, lower-case hex */
    judged_by?: string | null;
};
export type Redacted = {
    /** Unix time, milliseconds */
    at: number;
    /** SHA-256 of the canonical JSON of the body, lower-case hex */
    body_sha256: string;
    /** The record that tells who and why */
    record_id: string;
};
export type ExportRecord = {
    /** SHA-256, lower-case hex */
    id: string;
    record: {
        parents: string[];
        thread: string;
        actor: string;
        act: "INTEND" | "DO" | "KNOW" | "LEARN" | "GET" | "PUT" | "CALL" | "MAP";
        body: {
            [key: string]: any;
        };
        clock: number;
        data_type: "SCALAR" | "FORMULA" | "DISTRIBUTION" | "REFERENCE" | "MORPHISM" | "VOID";
        /** SHA-256, lower-case hex */
        judged_by: string | null;
    };
    origin: string;
    sig: string;
    redacted?: Redacted;
    /** Of its thread, by the word of the exporter; threads of a daemon itself have none */
    "namespace"?: string;
};
export type NewRecords = (NewRecord | ExportRecord)[];
export type Record = {
    "object": "record";
    /** SHA-256, lower-case hex */
    id: string;
    parents: string[];
    thread: string;
    actor: string;
    act: "INTEND" | "DO" | "KNOW" | "LEARN" | "GET" | "PUT" | "CALL" | "MAP";
    body: {
        [key: string]: any;
    };
    clock: number;
    data_type: "SCALAR" | "FORMULA" | "DISTRIBUTION" | "REFERENCE" | "MORPHISM" | "VOID";
    /** SHA-256, lower-case hex */
    judged_by: string | null;
    origin: string;
    sig: string;
    redacted?: Redacted;
};
export type RecordList = {
    "object": "list";
    data: Record[];
    has_more: boolean;
    /** Opaque: hand it back as received */
    next_cursor: string | null;
};
export type NewRedaction = {
    /** It stays in the log, so do not repeat what is to be forgotten */
    reason: string;
};
export type Redaction = {
    "object": "redaction";
    /** SHA-256, lower-case hex */
    id: string;
    thread: string;
    /** SHA-256 of the canonical JSON of the body, lower-case hex */
    body_sha256: string;
    /** Unix time, milliseconds */
    redacted_at: number;
    /** The record that tells who and why */
    record_id: string;
    /** False if it was redacted before */
    created: boolean;
    /** Whether no file of the store has the body any more. False while another program reads the store */
    erased: boolean;
    /** Names of backups from before that may still have the body: at home (null if they cannot be listed), and those known in the S3 store */
    backups: {
        home: string[] | null;
        elsewhere: string[];
    };
};
export type RecordQuery = {
    thread?: string;
    /** Conditions by field, all of which must hold: see docs/find.md */
    filter?: object;
    /** 1: the first first, -1: the last first; created_at is arrival */
    sort?: {
        clock?: 1 | -1;
        created_at?: 1 | -1;
    };
    limit?: number;
    /** Opaque: hand it back as received */
    cursor?: string | null;
    explain?: boolean;
};
export type QueriedRecords = {
    "object": "list";
    data: Record[];
    has_more: boolean;
    /** Opaque: hand it back as received */
    next_cursor: string | null;
    /** With explain: how the records were found */
    plan?: {
        steps: string[];
        /** Records that were looked at */
        looked: number;
    };
};
export type FoundRecords = {
    "object": "list";
    data: {
        /** SHA-256, lower-case hex */
        id: string;
        parents: string[];
        thread: string;
        actor: string;
        act: "INTEND" | "DO" | "KNOW" | "LEARN" | "GET" | "PUT" | "CALL" | "MAP";
        body: {
            [key: string]: any;
        };
        clock: number;
        data_type: "SCALAR" | "FORMULA" | "DISTRIBUTION" | "REFERENCE" | "MORPHISM" | "VOID";
        /** SHA-256, lower-case hex */
        judged_by: string | null;
        origin: string;
        sig: string;
        redacted?: Redacted;
        "object": "record";
        /** The first places of the words, at most three */
        matches: {
            field: string;
            snippet: string;
        }[];
    }[];
    has_more: boolean;
    /** Opaque: hand it back as received */
    next_cursor: string | null;
    /** How far the index is */
    index: {
        /** Opaque: hand it back as received */
        indexed_to: string;
        /** Newer records: they are read */
        behind: number;
        /** Whether all records were looked for; false while the index is far behind */
        complete: boolean;
    };
};
export type SearchRebuild = {};
export type SearchIndex = {
    "object": "search_index";
    enabled: boolean;
    state: "off" | "none" | "ready" | "behind" | "failing";
    /** Records that are not indexed yet */
    behind: number;
    /** Of its files */
    bytes: number;
    /** Why it does not get on */
    problem: string | null;
};
export type Thread = {
    "object": "thread";
    id: string;
    records: number;
    first_act: "INTEND" | "DO" | "KNOW" | "LEARN" | "GET" | "PUT" | "CALL" | "MAP";
    goal: string | null;
    /** Null: of the daemon itself */
    "namespace": string | null;
    /** Unix time, milliseconds */
    created_at: number;
    /** Unix time, milliseconds */
    updated_at: number;
};
export type ThreadList = {
    "object": "list";
    data: Thread[];
    has_more: boolean;
    /** Opaque: hand it back as received */
    next_cursor: string | null;
};
export type ThreadState = {
    id: string;
    records: number;
    first_act: "INTEND" | "DO" | "KNOW" | "LEARN" | "GET" | "PUT" | "CALL" | "MAP";
    goal: string | null;
    /** Null: of the daemon itself */
    "namespace": string | null;
    /** Unix time, milliseconds */
    created_at: number;
    /** Unix time, milliseconds */
    updated_at: number;
    "object": "thread_state";
    actors: number;
    /** The highest clock of all actors */
    last_clock: number;
    /** The highest clock of each actor; the next one is one more */
    actor_clocks: {
        [key: string]: number;
    };
    /** Whether there are more actors */
    has_more: boolean;
    /** Opaque: hand it back as received */
    next_cursor: string | null;
};
export type SyncRecord = {
    /** SHA-256, lower-case hex */
    id: string;
    record: {
        parents: string[];
        thread: string;
        actor: string;
        act: "INTEND" | "DO" | "KNOW" | "LEARN" | "GET" | "PUT" | "CALL" | "MAP";
        body: {
            [key: string]: any;
        };
        clock: number;
        data_type: "SCALAR" | "FORMULA" | "DISTRIBUTION" | "REFERENCE" | "MORPHISM" | "VOID";
        /** SHA-256, lower-case hex */
        judged_by: string | null;
    };
    origin: string;
    sig: string;
    redacted?: Redacted;
};
export type Changes = {
    records: SyncRecord[];
    /** Opaque: hand it back as received */
    next_cursor: string;
    has_more: boolean;
};
export type NewStreamTicket = {
    /** Path of an event stream, no query */
    path: string;
};
export type StreamTicket = {
    "object": "stream_ticket";
    ticket: string;
    path: string;
    /** Unix time, seconds */
    expires_at: number;
};
export type FirstAccount = {
    name?: string;
};
export type MintedToken = {
    "object": "token";
    token_id: string;
    service_account_id: string;
    env: string;
    scopes: ("records:read" | "records:write" | "threads:write" | "federation:manage" | "config:read" | "config:write" | "admin")[];
    /** Where it may read and write; null: everywhere */
    reach: Reach | null;
    /** Unix time, seconds */
    created_at: number;
    /** Unix time, seconds */
    expires_at: number | null;
    /** Unix time, seconds */
    revoked_at: number | null;
    /** To ten minutes; null: never */
    last_used_at: number | null;
    /** Shown this once */
    token: string;
};
export type Edge = {
    state: "applied" | "pending" | "none";
    version: number;
};
export type CreatedServiceAccount = {
    "object": "service_account";
    id: string;
    name: string;
    did: string;
    scopes: ("records:read" | "records:write" | "threads:write" | "federation:manage" | "config:read" | "config:write" | "admin")[];
    actors: string[];
    "namespace": string;
    /** Where it may read and write; null: everywhere */
    reach: Reach | null;
    env: string;
    active: boolean;
    /** Unix time, seconds */
    created_at: number;
    /** Unix time, seconds */
    revoked_at: number | null;
    reason: string | null;
    minted: MintedToken | null;
    edge: Edge;
};
export type NewReach = {
    namespaces?: string[];
    threads?: string[];
};
export type NewServiceAccount = {
    name: string;
    scopes?: ("records:read" | "records:write" | "threads:write" | "federation:manage" | "config:read" | "config:write" | "admin")[];
    actors?: string[];
    "namespace"?: string;
    env?: string;
    reach?: NewReach;
    with_token?: boolean;
    /** Seconds */
    ttl_seconds?: number;
};
export type ServiceAccount = {
    "object": "service_account";
    id: string;
    name: string;
    did: string;
    scopes: ("records:read" | "records:write" | "threads:write" | "federation:manage" | "config:read" | "config:write" | "admin")[];
    actors: string[];
    "namespace": string;
    /** Where it may read and write; null: everywhere */
    reach: Reach | null;
    env: string;
    active: boolean;
    /** Unix time, seconds */
    created_at: number;
    /** Unix time, seconds */
    revoked_at: number | null;
    reason: string | null;
};
export type ServiceAccountList = {
    "object": "list";
    data: ServiceAccount[];
    has_more: boolean;
    /** Opaque: hand it back as received */
    next_cursor: string | null;
};
export type Token = {
    "object": "token";
    token_id: string;
    service_account_id: string;
    env: string;
    scopes: ("records:read" | "records:write" | "threads:write" | "federation:manage" | "config:read" | "config:write" | "admin")[];
    /** Where it may read and write; null: everywhere */
    reach: Reach | null;
    /** Unix time, seconds */
    created_at: number;
    /** Unix time, seconds */
    expires_at: number | null;
    /** Unix time, seconds */
    revoked_at: number | null;
    /** To ten minutes; null: never */
    last_used_at: number | null;
};
export type ServiceAccountWithTokens = {
    "object": "service_account";
    id: string;
    name: string;
    did: string;
    scopes: ("records:read" | "records:write" | "threads:write" | "federation:manage" | "config:read" | "config:write" | "admin")[];
    actors: string[];
    "namespace": string;
    /** Where it may read and write; null: everywhere */
    reach: Reach | null;
    env: string;
    active: boolean;
    /** Unix time, seconds */
    created_at: number;
    /** Unix time, seconds */
    revoked_at: number | null;
    reason: string | null;
    tokens: Token[];
    /** Whether there are more tokens */
    has_more: boolean;
    /** Opaque: hand it back as received */
    next_cursor: string | null;
};
export type ChangedServiceAccount = {
    "object": "service_account";
    id: string;
    name: string;
    did: string;
    scopes: ("records:read" | "records:write" | "threads:write" | "federation:manage" | "config:read" | "config:write" | "admin")[];
    actors: string[];
    "namespace": string;
    /** Where it may read and write; null: everywhere */
    reach: Reach | null;
    env: string;
    active: boolean;
    /** Unix time, seconds */
    created_at: number;
    /** Unix time, seconds */
    revoked_at: number | null;
    reason: string | null;
    edge: Edge;
};
export type Rotation = {
    /** Seconds */
    ttl_seconds?: number;
    force?: boolean;
    reach?: NewReach;
};
export type RotatedToken = {
    "object": "token";
    token_id: string;
    service_account_id: string;
    env: string;
    scopes: ("records:read" | "records:write" | "threads:write" | "federation:manage" | "config:read" | "config:write" | "admin")[];
    /** Where it may read and write; null: everywhere */
    reach: Reach | null;
    /** Unix time, seconds */
    created_at: number;
    /** Unix time, seconds */
    expires_at: number | null;
    /** Unix time, seconds */
    revoked_at: number | null;
    /** To ten minutes; null: never */
    last_used_at: number | null;
    /** Shown this once */
    token: string;
    edge: Edge;
    revoked: string[];
};
export type NewToken = {
    service_account_id: string;
    /** Seconds */
    ttl_seconds?: number;
    reach?: NewReach;
};
export type NewlyMintedToken = {
    "object": "token";
    token_id: string;
    service_account_id: string;
    env: string;
    scopes: ("records:read" | "records:write" | "threads:write" | "federation:manage" | "config:read" | "config:write" | "admin")[];
    /** Where it may read and write; null: everywhere */
    reach: Reach | null;
    /** Unix time, seconds */
    created_at: number;
    /** Unix time, seconds */
    expires_at: number | null;
    /** Unix time, seconds */
    revoked_at: number | null;
    /** To ten minutes; null: never */
    last_used_at: number | null;
    /** Shown this once */
    token: string;
    edge: Edge;
};
export type TokenList = {
    "object": "list";
    data: Token[];
    has_more: boolean;
    /** Opaque: hand it back as received */
    next_cursor: string | null;
};
export type ChangedToken = {
    "object": "token";
    token_id: string;
    service_account_id: string;
    env: string;
    scopes: ("records:read" | "records:write" | "threads:write" | "federation:manage" | "config:read" | "config:write" | "admin")[];
    /** Where it may read and write; null: everywhere */
    reach: Reach | null;
    /** Unix time, seconds */
    created_at: number;
    /** Unix time, seconds */
    expires_at: number | null;
    /** Unix time, seconds */
    revoked_at: number | null;
    /** To ten minutes; null: never */
    last_used_at: number | null;
    edge: Edge;
};
export type NewInvite = {
    device: string;
    scopes?: ("records:read" | "records:write" | "threads:write" | "federation:manage" | "config:read" | "config:write" | "admin")[];
    actors?: string[];
    "namespace"?: string;
    env?: string;
    reach?: NewReach;
    ttl_seconds?: number;
};
export type Invite = {
    "object": "invite";
    invite_id: string;
    /** Shown this once */
    code: string;
    device: string;
    scopes: ("records:read" | "records:write" | "threads:write" | "federation:manage" | "config:read" | "config:write" | "admin")[];
    /** Where it may read and write; null: everywhere */
    reach: Reach | null;
    /** Unix time, seconds */
    expires_at: number;
    edge: Edge;
};
export type ListedInvite = {
    "object": "invite";
    invite_id: string;
    device: string;
    scopes: ("records:read" | "records:write" | "threads:write" | "federation:manage" | "config:read" | "config:write" | "admin")[];
    /** Where it may read and write; null: everywhere */
    reach: Reach | null;
    /** Unix time, seconds */
    created_at: number;
    /** Unix time, seconds */
    expires_at: number;
    /** Unix time, seconds */
    redeemed_at: number | null;
    /** Unix time, seconds */
    revoked_at: number | null;
};
export type InviteList = {
    "object": "list";
    data: ListedInvite[];
    has_more: boolean;
    /** Opaque: hand it back as received */
    next_cursor: string | null;
};
export type Redemption = {
    reach?: NewReach;
};
export type Pairing = {
    "object": "pairing";
    token_id: string;
    service_account_id: string;
    env: string;
    scopes: ("records:read" | "records:write" | "threads:write" | "federation:manage" | "config:read" | "config:write" | "admin")[];
    /** Where it may read and write; null: everywhere */
    reach: Reach | null;
    /** Unix time, seconds */
    created_at: number;
    /** Unix time, seconds */
    expires_at: number | null;
    /** Unix time, seconds */
    revoked_at: number | null;
    /** To ten minutes; null: never */
    last_used_at: number | null;
    /** Shown this once */
    token: string;
    device: string;
    instance_did: string;
};
export type NewNamespace = {
    name: string;
    description?: string | null;
};
export type Namespace = {
    "object": "namespace";
    name: string;
    description: string | null;
    /** Archived ones, and those below them, take no records */
    status: "active" | "archived";
    /** The archived namespace that closes it: itself, or one above */
    archived_with: string | null;
    /** In itself, without what is below it */
    threads: number;
    /** In itself, without what is below it */
    records: number;
    /** Unix time, seconds */
    created_at: number | null;
    /** Unix time, seconds */
    archived_at: number | null;
};
export type NamespaceList = {
    "object": "list";
    data: Namespace[];
    has_more: boolean;
    /** Opaque: hand it back as received */
    next_cursor: string | null;
};
export type NamespaceChange = {
    name: string;
    archived?: boolean;
    description?: string | null;
};
export type Config = {
    "object": "config";
    settings: {
        key: string;
        value?: any;
        record_id: string | null;
        "default"?: any;
        source: "default" | "record";
        set_at: number | null;
    }[];
    warnings: string[];
    edge: Edge;
};
export type NewSetting = {
    value: any;
    force?: boolean;
};
export type Setting = {
    "object": "setting";
    key: string;
    value?: any;
    record_id: string | null;
    warnings: string[];
    edge: Edge;
};
export type Connection = {
    "object": "connection";
    via: "socket" | "loopback" | "network" | "proxy" | "tunnel";
    /** As far as it can be known */
    client_address: string | null;
    /** As the client named it */
    host: string | null;
    /** The client’s */
    scheme: ("https" | "http" | null) | ("https" | "http" | null);
    /** Names of forwarding headers that came */
    forwarded: string[];
    /** Whether forwarding headers count; null: nobody forwards */
    peer_trusted: boolean | null;
    /** Unix time, milliseconds */
    time: number;
};
export type Upload = {
    "object": "upload";
    bytes: number;
    sha256: string;
};
export type PolicyState = {
    sent: number | null;
    acknowledged: number | null;
};
export type ConfiguredTunnel = {
    "object": "tunnel";
    configured: true;
    state: "connecting" | "greeting" | "connected" | "leaving" | "waiting" | "stopped";
    gateway_url: string;
    generation: number | null;
    /** When the state last changed, Unix time, milliseconds */
    since: number;
    /** Unix time, milliseconds */
    last_connected_at: number | null;
    /** When another process with this identity last asked for its place at the gateway: two daemons run with copies of one home */
    rival_at: number | null;
    last_error: string | null;
    round_trip_ms: number | null;
    /** The gateway’s clock minus this machine’s, as it said when it was last dialed */
    clock_offset_ms: number;
    reconnects: number;
    open_streams: number;
    /** Readers of event streams who have caught up */
    subscribers: number;
    /** What they look at; each group is sent one copy */
    groups: number;
    requests: number;
    bytes_in: number;
    bytes_out: number;
    /** WebSocket messages to the gateway */
    messages_out: number;
    policy: PolicyState;
};
export type NoTunnel = {
    "object": "tunnel";
    configured: false;
};
export type Tunnel = ConfiguredTunnel | NoTunnel;
export type EngineHealth = {
    "object": "engine_health";
    /** Records that the store has taken, ever */
    ingested_total: number;
    uptime_secs: number;
    /** The index of words */
    search: {
        enabled: boolean;
        state: "off" | "none" | "ready" | "behind" | "failing";
        /** Records that are not indexed yet */
        behind: number;
        /** Of its files */
        bytes: number;
        /** Why it does not get on */
        problem: string | null;
    };
    store: {
        /** Both files together */
        total_bytes: number;
        database_bytes: number;
        /** The write-ahead log */
        wal_bytes: number;
        /** Pages with content: what the ceiling is compared with */
        used_bytes: number;
        /** Empty pages, which are used before the file grows */
        free_bytes: number;
        /** The setting `store_ceiling_bytes` */
        ceiling_bytes: number | null;
        /** New records are refused */
        over_ceiling: boolean;
        growth?: {
            records_last_day: number;
            records_last_week: number;
            /** By the last week’s records and the average size; null if there are none */
            bytes_per_day: number | null;
        };
        composition?: {
            largest_threads: {
                thread: string;
                records: number;
            }[];
        };
    };
};
export type NewBackup = {};
export type Backup = {
    "object": "backup";
    name: string;
    bytes: number;
    reason: "asked" | "scheduled" | "migration";
    /** Unix time, seconds */
    created_at: number;
    records: number;
    epoch: string;
    /** The first digits of the id of its newest record */
    head_id: string;
    schema: number;
    sha256: string;
    fault: null;
};
export type FaultyBackup = {
    "object": "backup";
    name: string;
    bytes: number;
    reason: null;
    created_at: null;
    records: null;
    epoch: null;
    head_id: null;
    schema: null;
    sha256: null;
    /** Why it does not count */
    fault: string;
};
export type BackupList = {
    "object": "list";
    data: (Backup | FaultyBackup)[];
    has_more: false;
    next_cursor: null;
    /** The setting `backup_every`; 0 for no schedule */
    every_seconds: number;
    keep: number;
    /** Unix time, seconds */
    next_at: number | null;
    /** The last one that failed, until one succeeds */
    failure: {
        code: string;
        message: string;
        "try": string | null;
        /** Unix time, seconds */
        at: number;
    } | null;
    /** Where backups go too: the setting `backup_to` */
    offsite: {
        to: string;
        sending: boolean;
        /** Those that were there when it last looked */
        names: string[];
        newest: string | null;
        failure: {
            code: string;
            message: string;
            "try": string | null;
            /** Unix time, seconds */
            at: number;
        } | null;
    } | null;
    /** Since when, and why, `ended.list` lacks what was revoked or redacted */
    ended_list_failure: {
        code: string;
        message: string;
        "try": string | null;
        /** Unix time, seconds */
        at: number;
    } | null;
};
export type OpenApiDocument = {
    openapi: string;
    info: {
        [key: string]: any;
    };
    paths: {
        [key: string]: any;
    };
    [key: string]: any;
};
/**
 * Whether the daemon answers, and which one
 */
export function getHealth(opts?: Oazapfts.RequestOpts) {
    return oazapfts.fetchJson<{
        status: 200;
        data: Health;
    } | {
        status: 400;
        data: Problem;
    } | {
        status: 401;
        data: Problem;
    } | {
        status: 403;
        data: Problem;
    } | {
        status: 421;
        data: Problem;
    } | {
        status: 429;
        data: Problem;
    } | {
        status: 431;
        data: Problem;
    } | {
        status: 500;
        data: Problem;
    } | {
        status: 502;
        data: Problem;
    } | {
        status: 503;
        data: Problem;
    } | {
        status: 504;
        data: Problem;
    }>("/health", {
        ...opts
    });
}
/**
 * What the daemon speaks, and its limits
 */
export function getCapabilities(opts?: Oazapfts.RequestOpts) {
    return oazapfts.fetchJson<{
        status: 200;
        data: Capabilities;
    } | {
        status: 400;
        data: Problem;
    } | {
        status: 401;
        data: Problem;
    } | {
        status: 403;
        data: Problem;
    } | {
        status: 421;
        data: Problem;
    } | {
        status: 429;
        data: Problem;
    } | {
        status: 431;
        data: Problem;
    } | {
        status: 500;
        data: Problem;
    } | {
        status: 502;
        data: Problem;
    } | {
        status: 503;
        data: Problem;
    } | {
        status: 504;
        data: Problem;
    }>("/.well-known/syncropel", {
        ...opts
    });
}
/**
 * Whom the daemon takes you for, and what you may do
 */
export function getIdentity(opts?: Oazapfts.RequestOpts) {
    return oazapfts.fetchJson<{
        status: 200;
        data: Identity;
    } | {
        status: 400;
        data: Problem;
    } | {
        status: 401;
        data: Problem;
    } | {
        status: 403;
        data: Problem;
    } | {
        status: 421;
        data: Problem;
    } | {
        status: 429;
        data: Problem;
    } | {
        status: 431;
        data: Problem;
    } | {
        status: 500;
        data: Problem;
    } | {
        status: 502;
        data: Problem;
    } | {
        status: 503;
        data: Problem;
    } | {
        status: 504;
        data: Problem;
    }>("/v1/identity", {
        ...opts
    });
}
/**
 * A proof that the daemon holds the key of its identity, for a challenge of yours
 */
export function proveIdentity(challenge: string, opts?: Oazapfts.RequestOpts) {
    return oazapfts.fetchJson<{
        status: 200;
        data: IdentityProof;
    } | {
        status: 400;
        data: Problem;
    } | {
        status: 401;
        data: Problem;
    } | {
        status: 403;
        data: Problem;
    } | {
        status: 421;
        data: Problem;
    } | {
        status: 429;
        data: Problem;
    } | {
        status: 431;
        data: Problem;
    } | {
        status: 500;
        data: Problem;
    } | {
        status: 502;
        data: Problem;
    } | {
        status: 503;
        data: Problem;
    } | {
        status: 504;
        data: Problem;
    }>(`/v1/identity/proof${QS.query(QS.explode({
        challenge
    }))}`, {
        ...opts
    });
}
/**
 * Append one record, or many with a stream of outcomes
 */
export function appendRecord(body: NewRecord | NewRecords, { dryRun, idempotencyKey, xSyncropelActor }: {
    dryRun?: "true" | "false";
    idempotencyKey?: string;
    xSyncropelActor?: string;
} = {}, opts?: Oazapfts.RequestOpts) {
    return oazapfts.fetchJson<{
        status: 200;
        data: Record;
    } | {
        status: 201;
        data: Record;
    } | {
        status: 400;
        data: Problem;
    } | {
        status: 401;
        data: Problem;
    } | {
        status: 403;
        data: Problem;
    } | {
        status: 408;
        data: Problem;
    } | {
        status: 409;
        data: Problem;
    } | {
        status: 413;
        data: Problem;
    } | {
        status: 415;
        data: Problem;
    } | {
        status: 421;
        data: Problem;
    } | {
        status: 422;
        data: Problem;
    } | {
        status: 429;
        data: Problem;
    } | {
        status: 431;
        data: Problem;
    } | {
        status: 500;
        data: Problem;
    } | {
        status: 502;
        data: Problem;
    } | {
        status: 503;
        data: Problem;
    } | {
        status: 504;
        data: Problem;
    } | {
        status: 507;
        data: Problem;
    }>(`/v1/records${QS.query(QS.explode({
        dry_run: dryRun
    }))}`, oazapfts.json({
        ...opts,
        method: "POST",
        body,
        headers: oazapfts.mergeHeaders(opts?.headers, {
            "Idempotency-Key": idempotencyKey,
            "X-Syncropel-Actor": xSyncropelActor
        })
    }));
}
/**
 * Records of a thread, an actor or a namespace
 */
export function listRecords({ limit, cursor, thread, actor, $namespace }: {
    limit?: number;
    cursor?: string;
    thread?: string;
    actor?: string;
    $namespace?: string;
} = {}, opts?: Oazapfts.RequestOpts) {
    return oazapfts.fetchJson<{
        status: 200;
        data: RecordList;
    } | {
        status: 400;
        data: Problem;
    } | {
        status: 401;
        data: Problem;
    } | {
        status: 403;
        data: Problem;
    } | {
        status: 409;
        data: Problem;
    } | {
        status: 421;
        data: Problem;
    } | {
        status: 429;
        data: Problem;
    } | {
        status: 431;
        data: Problem;
    } | {
        status: 500;
        data: Problem;
    } | {
        status: 502;
        data: Problem;
    } | {
        status: 503;
        data: Problem;
    } | {
        status: 504;
        data: Problem;
    }>(`/v1/records${QS.query(QS.explode({
        limit,
        cursor,
        thread,
        actor,
        "namespace": $namespace
    }))}`, {
        ...opts
    });
}
/**
 * One record
 */
export function getRecord(id: string, opts?: Oazapfts.RequestOpts) {
    return oazapfts.fetchJson<{
        status: 200;
        data: Record;
    } | {
        status: 400;
        data: Problem;
    } | {
        status: 401;
        data: Problem;
    } | {
        status: 403;
        data: Problem;
    } | {
        status: 404;
        data: Problem;
    } | {
        status: 421;
        data: Problem;
    } | {
        status: 429;
        data: Problem;
    } | {
        status: 431;
        data: Problem;
    } | {
        status: 500;
        data: Problem;
    } | {
        status: 502;
        data: Problem;
    } | {
        status: 503;
        data: Problem;
    } | {
        status: 504;
        data: Problem;
    }>(`/v1/records/${encodeURIComponent(id)}`, {
        ...opts
    });
}
/**
 * Replace the body of a record by its hash, for good
 */
export function redactRecord(id: string, newRedaction: NewRedaction, opts?: Oazapfts.RequestOpts) {
    return oazapfts.fetchJson<{
        status: 200;
        data: Redaction;
    } | {
        status: 400;
        data: Problem;
    } | {
        status: 401;
        data: Problem;
    } | {
        status: 403;
        data: Problem;
    } | {
        status: 404;
        data: Problem;
    } | {
        status: 408;
        data: Problem;
    } | {
        status: 413;
        data: Problem;
    } | {
        status: 415;
        data: Problem;
    } | {
        status: 421;
        data: Problem;
    } | {
        status: 429;
        data: Problem;
    } | {
        status: 431;
        data: Problem;
    } | {
        status: 500;
        data: Problem;
    } | {
        status: 502;
        data: Problem;
    } | {
        status: 503;
        data: Problem;
    } | {
        status: 504;
        data: Problem;
    } | {
        status: 507;
        data: Problem;
    }>(`/v1/records/${encodeURIComponent(id)}/redact`, oazapfts.json({
        ...opts,
        method: "POST",
        body: newRedaction
    }));
}
/**
 * Records of a thread
 */
export function listThreadRecords(id: string, { limit, cursor }: {
    limit?: number;
    cursor?: string;
} = {}, opts?: Oazapfts.RequestOpts) {
    return oazapfts.fetchJson<{
        status: 200;
        data: RecordList;
    } | {
        status: 400;
        data: Problem;
    } | {
        status: 401;
        data: Problem;
    } | {
        status: 403;
        data: Problem;
    } | {
        status: 404;
        data: Problem;
    } | {
        status: 409;
        data: Problem;
    } | {
        status: 421;
        data: Problem;
    } | {
        status: 429;
        data: Problem;
    } | {
        status: 431;
        data: Problem;
    } | {
        status: 500;
        data: Problem;
    } | {
        status: 502;
        data: Problem;
    } | {
        status: 503;
        data: Problem;
    } | {
        status: 504;
        data: Problem;
    }>(`/v1/threads/${encodeURIComponent(id)}/records${QS.query(QS.explode({
        limit,
        cursor
    }))}`, {
        ...opts
    });
}
/**
 * Records that meet a filter
 */
export function queryRecords(recordQuery: RecordQuery, opts?: Oazapfts.RequestOpts) {
    return oazapfts.fetchJson<{
        status: 200;
        data: QueriedRecords;
    } | {
        status: 400;
        data: Problem;
    } | {
        status: 401;
        data: Problem;
    } | {
        status: 403;
        data: Problem;
    } | {
        status: 408;
        data: Problem;
    } | {
        status: 409;
        data: Problem;
    } | {
        status: 413;
        data: Problem;
    } | {
        status: 415;
        data: Problem;
    } | {
        status: 421;
        data: Problem;
    } | {
        status: 429;
        data: Problem;
    } | {
        status: 431;
        data: Problem;
    } | {
        status: 500;
        data: Problem;
    } | {
        status: 502;
        data: Problem;
    } | {
        status: 503;
        data: Problem;
    } | {
        status: 504;
        data: Problem;
    } | {
        status: 507;
        data: Problem;
    }>("/v1/records/query", oazapfts.json({
        ...opts,
        method: "POST",
        body: recordQuery
    }));
}
/**
 * Records whose bodies have some words
 */
export function searchRecords(q: string, { limit, cursor, thread, actor, $namespace }: {
    limit?: number;
    cursor?: string;
    thread?: string;
    actor?: string;
    $namespace?: string;
} = {}, opts?: Oazapfts.RequestOpts) {
    return oazapfts.fetchJson<{
        status: 200;
        data: FoundRecords;
    } | {
        status: 400;
        data: Problem;
    } | {
        status: 401;
        data: Problem;
    } | {
        status: 403;
        data: Problem;
    } | {
        status: 409;
        data: Problem;
    } | {
        status: 421;
        data: Problem;
    } | {
        status: 429;
        data: Problem;
    } | {
        status: 431;
        data: Problem;
    } | {
        status: 500;
        data: Problem;
    } | {
        status: 502;
        data: Problem;
    } | {
        status: 503;
        data: Problem;
    } | {
        status: 504;
        data: Problem;
    }>(`/v1/search${QS.query(QS.explode({
        limit,
        cursor,
        q,
        thread,
        actor,
        "namespace": $namespace
    }))}`, {
        ...opts
    });
}
/**
 * Make the index of words anew
 */
export function rebuildSearchIndex(searchRebuild: SearchRebuild, opts?: Oazapfts.RequestOpts) {
    return oazapfts.fetchJson<{
        status: 200;
        data: SearchIndex;
    } | {
        status: 400;
        data: Problem;
    } | {
        status: 401;
        data: Problem;
    } | {
        status: 403;
        data: Problem;
    } | {
        status: 408;
        data: Problem;
    } | {
        status: 413;
        data: Problem;
    } | {
        status: 415;
        data: Problem;
    } | {
        status: 421;
        data: Problem;
    } | {
        status: 429;
        data: Problem;
    } | {
        status: 431;
        data: Problem;
    } | {
        status: 500;
        data: Problem;
    } | {
        status: 502;
        data: Problem;
    } | {
        status: 503;
        data: Problem;
    } | {
        status: 504;
        data: Problem;
    } | {
        status: 507;
        data: Problem;
    }>("/v1/search/rebuild", oazapfts.json({
        ...opts,
        method: "POST",
        body: searchRebuild
    }));
}
/**
 * Threads, the newest first
 */
export function listThreads({ limit, cursor, $namespace }: {
    limit?: number;
    cursor?: string;
    $namespace?: string;
} = {}, opts?: Oazapfts.RequestOpts) {
    return oazapfts.fetchJson<{
        status: 200;
        data: ThreadList;
    } | {
        status: 400;
        data: Problem;
    } | {
        status: 401;
        data: Problem;
    } | {
        status: 403;
        data: Problem;
    } | {
        status: 409;
        data: Problem;
    } | {
        status: 421;
        data: Problem;
    } | {
        status: 429;
        data: Problem;
    } | {
        status: 431;
        data: Problem;
    } | {
        status: 500;
        data: Problem;
    } | {
        status: 502;
        data: Problem;
    } | {
        status: 503;
        data: Problem;
    } | {
        status: 504;
        data: Problem;
    }>(`/v1/threads${QS.query(QS.explode({
        limit,
        cursor,
        "namespace": $namespace
    }))}`, {
        ...opts
    });
}
/**
 * How far a thread is
 */
export function getThreadState(id: string, { limit, cursor }: {
    limit?: number;
    cursor?: string;
} = {}, opts?: Oazapfts.RequestOpts) {
    return oazapfts.fetchJson<{
        status: 200;
        data: ThreadState;
    } | {
        status: 400;
        data: Problem;
    } | {
        status: 401;
        data: Problem;
    } | {
        status: 403;
        data: Problem;
    } | {
        status: 404;
        data: Problem;
    } | {
        status: 409;
        data: Problem;
    } | {
        status: 421;
        data: Problem;
    } | {
        status: 429;
        data: Problem;
    } | {
        status: 431;
        data: Problem;
    } | {
        status: 500;
        data: Problem;
    } | {
        status: 502;
        data: Problem;
    } | {
        status: 503;
        data: Problem;
    } | {
        status: 504;
        data: Problem;
    }>(`/v1/threads/${encodeURIComponent(id)}/state${QS.query(QS.explode({
        limit,
        cursor
    }))}`, {
        ...opts
    });
}
/**
 * Records after a cursor; feed=continuous is the event stream of /v1/sync/subscribe
 */
export function listChanges({ thread, $namespace, since, limit, feed, $continue, ownThreads, lastEventId, lastEventIdQuery, lastEventIdHeader }: {
    thread?: string;
    $namespace?: string;
    since?: string;
    limit?: number;
    feed?: "normal" | "longpoll" | "continuous";
    $continue?: string;
    ownThreads?: "true" | "false";
    lastEventId?: string;
    lastEventIdQuery?: string;
    lastEventIdHeader?: string;
} = {}, opts?: Oazapfts.RequestOpts) {
    return oazapfts.fetchJson<{
        status: 200;
        data: Changes;
    } | {
        status: 400;
        data: Problem;
    } | {
        status: 401;
        data: Problem;
    } | {
        status: 403;
        data: Problem;
    } | {
        status: 409;
        data: Problem;
    } | {
        status: 421;
        data: Problem;
    } | {
        status: 429;
        data: Problem;
    } | {
        status: 431;
        data: Problem;
    } | {
        status: 500;
        data: Problem;
    } | {
        status: 502;
        data: Problem;
    } | {
        status: 503;
        data: Problem;
    } | {
        status: 504;
        data: Problem;
    }>(`/v1/sync/changes${QS.query(QS.explode({
        thread,
        "namespace": $namespace,
        since,
        limit,
        feed,
        "continue": $continue,
        own_threads: ownThreads,
        lastEventId,
        lastEventID: lastEventIdQuery
    }))}`, {
        ...opts,
        headers: oazapfts.mergeHeaders(opts?.headers, {
            "Last-Event-ID": lastEventIdHeader
        })
    });
}
/**
 * Records after a cursor and those to come, as an event stream
 */
export function subscribe({ thread, $namespace, since, lastEventId, lastEventIdQuery, lastEventIdHeader }: {
    thread?: string;
    $namespace?: string;
    since?: string;
    lastEventId?: string;
    lastEventIdQuery?: string;
    lastEventIdHeader?: string;
} = {}, opts?: Oazapfts.RequestOpts) {
    return oazapfts.fetchJson<{
        status: 200;
        data: string;
    } | {
        status: 400;
        data: Problem;
    } | {
        status: 401;
        data: Problem;
    } | {
        status: 403;
        data: Problem;
    } | {
        status: 409;
        data: Problem;
    } | {
        status: 421;
        data: Problem;
    } | {
        status: 426;
        data: Problem;
    } | {
        status: 429;
        data: Problem;
    } | {
        status: 431;
        data: Problem;
    } | {
        status: 500;
        data: Problem;
    } | {
        status: 502;
        data: Problem;
    } | {
        status: 503;
        data: Problem;
    } | {
        status: 504;
        data: Problem;
    }>(`/v1/sync/subscribe${QS.query(QS.explode({
        thread,
        "namespace": $namespace,
        since,
        lastEventId,
        lastEventID: lastEventIdQuery
    }))}`, {
        ...opts,
        headers: oazapfts.mergeHeaders(opts?.headers, {
            "Last-Event-ID": lastEventIdHeader
        })
    });
}
/**
 * A one-time ticket for one event stream
 */
export function createStreamTicket(newStreamTicket: NewStreamTicket, opts?: Oazapfts.RequestOpts) {
    return oazapfts.fetchJson<{
        status: 201;
        data: StreamTicket;
    } | {
        status: 400;
        data: Problem;
    } | {
        status: 401;
        data: Problem;
    } | {
        status: 403;
        data: Problem;
    } | {
        status: 408;
        data: Problem;
    } | {
        status: 413;
        data: Problem;
    } | {
        status: 415;
        data: Problem;
    } | {
        status: 421;
        data: Problem;
    } | {
        status: 429;
        data: Problem;
    } | {
        status: 431;
        data: Problem;
    } | {
        status: 500;
        data: Problem;
    } | {
        status: 502;
        data: Problem;
    } | {
        status: 503;
        data: Problem;
    } | {
        status: 504;
        data: Problem;
    } | {
        status: 507;
        data: Problem;
    }>("/v1/stream-tickets", oazapfts.json({
        ...opts,
        method: "POST",
        body: newStreamTicket
    }));
}
/**
 * Make the first account; closes for good after it
 */
export function bootstrap(firstAccount: FirstAccount, opts?: Oazapfts.RequestOpts) {
    return oazapfts.fetchJson<{
        status: 201;
        data: CreatedServiceAccount;
    } | {
        status: 400;
        data: Problem;
    } | {
        status: 401;
        data: Problem;
    } | {
        status: 403;
        data: Problem;
    } | {
        status: 408;
        data: Problem;
    } | {
        status: 409;
        data: Problem;
    } | {
        status: 413;
        data: Problem;
    } | {
        status: 415;
        data: Problem;
    } | {
        status: 421;
        data: Problem;
    } | {
        status: 429;
        data: Problem;
    } | {
        status: 431;
        data: Problem;
    } | {
        status: 500;
        data: Problem;
    } | {
        status: 502;
        data: Problem;
    } | {
        status: 503;
        data: Problem;
    } | {
        status: 504;
        data: Problem;
    } | {
        status: 507;
        data: Problem;
    }>("/v1/bootstrap/service-account", oazapfts.json({
        ...opts,
        method: "POST",
        body: firstAccount
    }));
}
/**
 * Make a service account, with a token if asked
 */
export function createServiceAccount(newServiceAccount: NewServiceAccount, opts?: Oazapfts.RequestOpts) {
    return oazapfts.fetchJson<{
        status: 201;
        data: CreatedServiceAccount;
    } | {
        status: 400;
        data: Problem;
    } | {
        status: 401;
        data: Problem;
    } | {
        status: 403;
        data: Problem;
    } | {
        status: 408;
        data: Problem;
    } | {
        status: 413;
        data: Problem;
    } | {
        status: 415;
        data: Problem;
    } | {
        status: 421;
        data: Problem;
    } | {
        status: 429;
        data: Problem;
    } | {
        status: 431;
        data: Problem;
    } | {
        status: 500;
        data: Problem;
    } | {
        status: 502;
        data: Problem;
    } | {
        status: 503;
        data: Problem;
    } | {
        status: 504;
        data: Problem;
    } | {
        status: 507;
        data: Problem;
    }>("/v1/service-accounts", oazapfts.json({
        ...opts,
        method: "POST",
        body: newServiceAccount
    }));
}
/**
 * All service accounts, the oldest first
 */
export function listServiceAccounts({ limit, cursor }: {
    limit?: number;
    cursor?: string;
} = {}, opts?: Oazapfts.RequestOpts) {
    return oazapfts.fetchJson<{
        status: 200;
        data: ServiceAccountList;
    } | {
        status: 400;
        data: Problem;
    } | {
        status: 401;
        data: Problem;
    } | {
        status: 403;
        data: Problem;
    } | {
        status: 409;
        data: Problem;
    } | {
        status: 421;
        data: Problem;
    } | {
        status: 429;
        data: Problem;
    } | {
        status: 431;
        data: Problem;
    } | {
        status: 500;
        data: Problem;
    } | {
        status: 502;
        data: Problem;
    } | {
        status: 503;
        data: Problem;
    } | {
        status: 504;
        data: Problem;
    }>(`/v1/service-accounts${QS.query(QS.explode({
        limit,
        cursor
    }))}`, {
        ...opts
    });
}
/**
 * One service account and its tokens
 */
export function getServiceAccount(id: string, { limit, cursor }: {
    limit?: number;
    cursor?: string;
} = {}, opts?: Oazapfts.RequestOpts) {
    return oazapfts.fetchJson<{
        status: 200;
        data: ServiceAccountWithTokens;
    } | {
        status: 400;
        data: Problem;
    } | {
        status: 401;
        data: Problem;
    } | {
        status: 403;
        data: Problem;
    } | {
        status: 404;
        data: Problem;
    } | {
        status: 409;
        data: Problem;
    } | {
        status: 421;
        data: Problem;
    } | {
        status: 429;
        data: Problem;
    } | {
        status: 431;
        data: Problem;
    } | {
        status: 500;
        data: Problem;
    } | {
        status: 502;
        data: Problem;
    } | {
        status: 503;
        data: Problem;
    } | {
        status: 504;
        data: Problem;
    }>(`/v1/service-accounts/${encodeURIComponent(id)}${QS.query(QS.explode({
        limit,
        cursor
    }))}`, {
        ...opts
    });
}
/**
 * Revoke an account and all its tokens, for good
 */
export function revokeServiceAccount(id: string, { reason, force }: {
    reason?: string;
    force?: "true" | "false";
} = {}, opts?: Oazapfts.RequestOpts) {
    return oazapfts.fetchJson<{
        status: 200;
        data: ChangedServiceAccount;
    } | {
        status: 400;
        data: Problem;
    } | {
        status: 401;
        data: Problem;
    } | {
        status: 403;
        data: Problem;
    } | {
        status: 404;
        data: Problem;
    } | {
        status: 409;
        data: Problem;
    } | {
        status: 421;
        data: Problem;
    } | {
        status: 429;
        data: Problem;
    } | {
        status: 431;
        data: Problem;
    } | {
        status: 500;
        data: Problem;
    } | {
        status: 502;
        data: Problem;
    } | {
        status: 503;
        data: Problem;
    } | {
        status: 504;
        data: Problem;
    } | {
        status: 507;
        data: Problem;
    }>(`/v1/service-accounts/${encodeURIComponent(id)}${QS.query(QS.explode({
        reason,
        force
    }))}`, {
        ...opts,
        method: "DELETE"
    });
}
/**
 * Mint a token, then revoke the account’s others
 */
export function rotateServiceAccount(id: string, rotation: Rotation, opts?: Oazapfts.RequestOpts) {
    return oazapfts.fetchJson<{
        status: 201;
        data: RotatedToken;
    } | {
        status: 400;
        data: Problem;
    } | {
        status: 401;
        data: Problem;
    } | {
        status: 403;
        data: Problem;
    } | {
        status: 404;
        data: Problem;
    } | {
        status: 408;
        data: Problem;
    } | {
        status: 409;
        data: Problem;
    } | {
        status: 413;
        data: Problem;
    } | {
        status: 415;
        data: Problem;
    } | {
        status: 421;
        data: Problem;
    } | {
        status: 429;
        data: Problem;
    } | {
        status: 431;
        data: Problem;
    } | {
        status: 500;
        data: Problem;
    } | {
        status: 502;
        data: Problem;
    } | {
        status: 503;
        data: Problem;
    } | {
        status: 504;
        data: Problem;
    } | {
        status: 507;
        data: Problem;
    }>(`/v1/service-accounts/${encodeURIComponent(id)}/rotate`, oazapfts.json({
        ...opts,
        method: "POST",
        body: rotation
    }));
}
/**
 * Mint a token of a service account
 */
export function mintToken(newToken: NewToken, opts?: Oazapfts.RequestOpts) {
    return oazapfts.fetchJson<{
        status: 201;
        data: NewlyMintedToken;
    } | {
        status: 400;
        data: Problem;
    } | {
        status: 401;
        data: Problem;
    } | {
        status: 403;
        data: Problem;
    } | {
        status: 404;
        data: Problem;
    } | {
        status: 408;
        data: Problem;
    } | {
        status: 413;
        data: Problem;
    } | {
        status: 415;
        data: Problem;
    } | {
        status: 421;
        data: Problem;
    } | {
        status: 429;
        data: Problem;
    } | {
        status: 431;
        data: Problem;
    } | {
        status: 500;
        data: Problem;
    } | {
        status: 502;
        data: Problem;
    } | {
        status: 503;
        data: Problem;
    } | {
        status: 504;
        data: Problem;
    } | {
        status: 507;
        data: Problem;
    }>("/v1/tokens", oazapfts.json({
        ...opts,
        method: "POST",
        body: newToken
    }));
}
/**
 * Tokens, the oldest first, never in plain text
 */
export function listTokens({ limit, cursor, serviceAccountId }: {
    limit?: number;
    cursor?: string;
    serviceAccountId?: string;
} = {}, opts?: Oazapfts.RequestOpts) {
    return oazapfts.fetchJson<{
        status: 200;
        data: TokenList;
    } | {
        status: 400;
        data: Problem;
    } | {
        status: 401;
        data: Problem;
    } | {
        status: 403;
        data: Problem;
    } | {
        status: 409;
        data: Problem;
    } | {
        status: 421;
        data: Problem;
    } | {
        status: 429;
        data: Problem;
    } | {
        status: 431;
        data: Problem;
    } | {
        status: 500;
        data: Problem;
    } | {
        status: 502;
        data: Problem;
    } | {
        status: 503;
        data: Problem;
    } | {
        status: 504;
        data: Problem;
    }>(`/v1/tokens${QS.query(QS.explode({
        limit,
        cursor,
        service_account_id: serviceAccountId
    }))}`, {
        ...opts
    });
}
/**
 * Revoke a token, for good
 */
export function revokeToken(id: string, { force }: {
    force?: "true" | "false";
} = {}, opts?: Oazapfts.RequestOpts) {
    return oazapfts.fetchJson<{
        status: 200;
        data: ChangedToken;
    } | {
        status: 400;
        data: Problem;
    } | {
        status: 401;
        data: Problem;
    } | {
        status: 403;
        data: Problem;
    } | {
        status: 404;
        data: Problem;
    } | {
        status: 409;
        data: Problem;
    } | {
        status: 421;
        data: Problem;
    } | {
        status: 429;
        data: Problem;
    } | {
        status: 431;
        data: Problem;
    } | {
        status: 500;
        data: Problem;
    } | {
        status: 502;
        data: Problem;
    } | {
        status: 503;
        data: Problem;
    } | {
        status: 504;
        data: Problem;
    } | {
        status: 507;
        data: Problem;
    }>(`/v1/tokens/${encodeURIComponent(id)}${QS.query(QS.explode({
        force
    }))}`, {
        ...opts,
        method: "DELETE"
    });
}
/**
 * Exchange the bearer that you send for a new one of the same account
 */
export function rotateOwnToken(rotation: Rotation, opts?: Oazapfts.RequestOpts) {
    return oazapfts.fetchJson<{
        status: 201;
        data: RotatedToken;
    } | {
        status: 400;
        data: Problem;
    } | {
        status: 401;
        data: Problem;
    } | {
        status: 403;
        data: Problem;
    } | {
        status: 408;
        data: Problem;
    } | {
        status: 409;
        data: Problem;
    } | {
        status: 413;
        data: Problem;
    } | {
        status: 415;
        data: Problem;
    } | {
        status: 421;
        data: Problem;
    } | {
        status: 429;
        data: Problem;
    } | {
        status: 431;
        data: Problem;
    } | {
        status: 500;
        data: Problem;
    } | {
        status: 502;
        data: Problem;
    } | {
        status: 503;
        data: Problem;
    } | {
        status: 504;
        data: Problem;
    } | {
        status: 507;
        data: Problem;
    }>("/v1/tokens/self/rotate", oazapfts.json({
        ...opts,
        method: "POST",
        body: rotation
    }));
}
/**
 * A one-time code that becomes an account
 */
export function createInvite(newInvite: NewInvite, opts?: Oazapfts.RequestOpts) {
    return oazapfts.fetchJson<{
        status: 201;
        data: Invite;
    } | {
        status: 400;
        data: Problem;
    } | {
        status: 401;
        data: Problem;
    } | {
        status: 403;
        data: Problem;
    } | {
        status: 408;
        data: Problem;
    } | {
        status: 413;
        data: Problem;
    } | {
        status: 415;
        data: Problem;
    } | {
        status: 421;
        data: Problem;
    } | {
        status: 429;
        data: Problem;
    } | {
        status: 431;
        data: Problem;
    } | {
        status: 500;
        data: Problem;
    } | {
        status: 502;
        data: Problem;
    } | {
        status: 503;
        data: Problem;
    } | {
        status: 504;
        data: Problem;
    } | {
        status: 507;
        data: Problem;
    }>("/v1/invites", oazapfts.json({
        ...opts,
        method: "POST",
        body: newInvite
    }));
}
/**
 * All invites, the oldest first, never their codes
 */
export function listInvites({ limit, cursor }: {
    limit?: number;
    cursor?: string;
} = {}, opts?: Oazapfts.RequestOpts) {
    return oazapfts.fetchJson<{
        status: 200;
        data: InviteList;
    } | {
        status: 400;
        data: Problem;
    } | {
        status: 401;
        data: Problem;
    } | {
        status: 403;
        data: Problem;
    } | {
        status: 409;
        data: Problem;
    } | {
        status: 421;
        data: Problem;
    } | {
        status: 429;
        data: Problem;
    } | {
        status: 431;
        data: Problem;
    } | {
        status: 500;
        data: Problem;
    } | {
        status: 502;
        data: Problem;
    } | {
        status: 503;
        data: Problem;
    } | {
        status: 504;
        data: Problem;
    }>(`/v1/invites${QS.query(QS.explode({
        limit,
        cursor
    }))}`, {
        ...opts
    });
}
/**
 * Take back an invite that was not redeemed
 */
export function cancelInvite(id: string, opts?: Oazapfts.RequestOpts) {
    return oazapfts.fetchJson<{
        status: 200;
        data: ListedInvite;
    } | {
        status: 400;
        data: Problem;
    } | {
        status: 401;
        data: Problem;
    } | {
        status: 403;
        data: Problem;
    } | {
        status: 404;
        data: Problem;
    } | {
        status: 410;
        data: Problem;
    } | {
        status: 421;
        data: Problem;
    } | {
        status: 429;
        data: Problem;
    } | {
        status: 431;
        data: Problem;
    } | {
        status: 500;
        data: Problem;
    } | {
        status: 502;
        data: Problem;
    } | {
        status: 503;
        data: Problem;
    } | {
        status: 504;
        data: Problem;
    } | {
        status: 507;
        data: Problem;
    }>(`/v1/invites/${encodeURIComponent(id)}`, {
        ...opts,
        method: "DELETE"
    });
}
/**
 * Exchange a one-time code for a bearer
 */
export function redeemInvite(redemption: Redemption, opts?: Oazapfts.RequestOpts) {
    return oazapfts.fetchJson<{
        status: 201;
        data: Pairing;
    } | {
        status: 400;
        data: Problem;
    } | {
        status: 401;
        data: Problem;
    } | {
        status: 403;
        data: Problem;
    } | {
        status: 408;
        data: Problem;
    } | {
        status: 410;
        data: Problem;
    } | {
        status: 413;
        data: Problem;
    } | {
        status: 415;
        data: Problem;
    } | {
        status: 421;
        data: Problem;
    } | {
        status: 429;
        data: Problem;
    } | {
        status: 431;
        data: Problem;
    } | {
        status: 500;
        data: Problem;
    } | {
        status: 502;
        data: Problem;
    } | {
        status: 503;
        data: Problem;
    } | {
        status: 504;
        data: Problem;
    } | {
        status: 507;
        data: Problem;
    }>("/v1/invites/redeem", oazapfts.json({
        ...opts,
        method: "POST",
        body: redemption
    }));
}
/**
 * Make a namespace; the one above it must exist
 */
export function createNamespace(newNamespace: NewNamespace, opts?: Oazapfts.RequestOpts) {
    return oazapfts.fetchJson<{
        status: 200;
        data: Namespace;
    } | {
        status: 201;
        data: Namespace;
    } | {
        status: 400;
        data: Problem;
    } | {
        status: 401;
        data: Problem;
    } | {
        status: 403;
        data: Problem;
    } | {
        status: 408;
        data: Problem;
    } | {
        status: 413;
        data: Problem;
    } | {
        status: 415;
        data: Problem;
    } | {
        status: 421;
        data: Problem;
    } | {
        status: 429;
        data: Problem;
    } | {
        status: 431;
        data: Problem;
    } | {
        status: 500;
        data: Problem;
    } | {
        status: 502;
        data: Problem;
    } | {
        status: 503;
        data: Problem;
    } | {
        status: 504;
        data: Problem;
    } | {
        status: 507;
        data: Problem;
    }>("/v1/namespaces", oazapfts.json({
        ...opts,
        method: "POST",
        body: newNamespace
    }));
}
/**
 * Namespaces, the oldest first
 */
export function listNamespaces({ limit, cursor }: {
    limit?: number;
    cursor?: string;
} = {}, opts?: Oazapfts.RequestOpts) {
    return oazapfts.fetchJson<{
        status: 200;
        data: NamespaceList;
    } | {
        status: 400;
        data: Problem;
    } | {
        status: 401;
        data: Problem;
    } | {
        status: 403;
        data: Problem;
    } | {
        status: 409;
        data: Problem;
    } | {
        status: 421;
        data: Problem;
    } | {
        status: 429;
        data: Problem;
    } | {
        status: 431;
        data: Problem;
    } | {
        status: 500;
        data: Problem;
    } | {
        status: 502;
        data: Problem;
    } | {
        status: 503;
        data: Problem;
    } | {
        status: 504;
        data: Problem;
    }>(`/v1/namespaces${QS.query(QS.explode({
        limit,
        cursor
    }))}`, {
        ...opts
    });
}
/**
 * Archive a namespace with all below it, open it again, or describe it
 */
export function changeNamespace(namespaceChange: NamespaceChange, opts?: Oazapfts.RequestOpts) {
    return oazapfts.fetchJson<{
        status: 200;
        data: Namespace;
    } | {
        status: 400;
        data: Problem;
    } | {
        status: 401;
        data: Problem;
    } | {
        status: 403;
        data: Problem;
    } | {
        status: 404;
        data: Problem;
    } | {
        status: 408;
        data: Problem;
    } | {
        status: 413;
        data: Problem;
    } | {
        status: 415;
        data: Problem;
    } | {
        status: 421;
        data: Problem;
    } | {
        status: 429;
        data: Problem;
    } | {
        status: 431;
        data: Problem;
    } | {
        status: 500;
        data: Problem;
    } | {
        status: 502;
        data: Problem;
    } | {
        status: 503;
        data: Problem;
    } | {
        status: 504;
        data: Problem;
    } | {
        status: 507;
        data: Problem;
    }>("/v1/namespaces", oazapfts.json({
        ...opts,
        method: "PATCH",
        body: namespaceChange
    }));
}
/**
 * The settings in force
 */
export function getConfig(opts?: Oazapfts.RequestOpts) {
    return oazapfts.fetchJson<{
        status: 200;
        data: Config;
    } | {
        status: 400;
        data: Problem;
    } | {
        status: 401;
        data: Problem;
    } | {
        status: 403;
        data: Problem;
    } | {
        status: 421;
        data: Problem;
    } | {
        status: 429;
        data: Problem;
    } | {
        status: 431;
        data: Problem;
    } | {
        status: 500;
        data: Problem;
    } | {
        status: 502;
        data: Problem;
    } | {
        status: 503;
        data: Problem;
    } | {
        status: 504;
        data: Problem;
    }>("/v1/config", {
        ...opts
    });
}
/**
 * Change a setting
 */
export function changeSetting(key: "auth_required" | "strict_actor_header" | "strict_impersonation_enforcement" | "auth_cors_origins" | "trusted_proxies" | "allowed_hosts" | "token_requests_per_second" | "token_burst" | "store_ceiling_bytes" | "search_enabled" | "backup_every" | "backup_keep" | "backup_to" | "backup_recipients", newSetting: NewSetting, opts?: Oazapfts.RequestOpts) {
    return oazapfts.fetchJson<{
        status: 200;
        data: Setting;
    } | {
        status: 400;
        data: Problem;
    } | {
        status: 401;
        data: Problem;
    } | {
        status: 403;
        data: Problem;
    } | {
        status: 404;
        data: Problem;
    } | {
        status: 408;
        data: Problem;
    } | {
        status: 409;
        data: Problem;
    } | {
        status: 413;
        data: Problem;
    } | {
        status: 415;
        data: Problem;
    } | {
        status: 421;
        data: Problem;
    } | {
        status: 429;
        data: Problem;
    } | {
        status: 431;
        data: Problem;
    } | {
        status: 500;
        data: Problem;
    } | {
        status: 502;
        data: Problem;
    } | {
        status: 503;
        data: Problem;
    } | {
        status: 504;
        data: Problem;
    } | {
        status: 507;
        data: Problem;
    }>(`/v1/config/${encodeURIComponent(key)}`, oazapfts.json({
        ...opts,
        method: "POST",
        body: newSetting
    }));
}
/**
 * What the daemon sees of this very request
 */
export function getConnection(opts?: Oazapfts.RequestOpts) {
    return oazapfts.fetchJson<{
        status: 200;
        data: Connection;
    } | {
        status: 400;
        data: Problem;
    } | {
        status: 401;
        data: Problem;
    } | {
        status: 403;
        data: Problem;
    } | {
        status: 421;
        data: Problem;
    } | {
        status: 429;
        data: Problem;
    } | {
        status: 431;
        data: Problem;
    } | {
        status: 500;
        data: Problem;
    } | {
        status: 502;
        data: Problem;
    } | {
        status: 503;
        data: Problem;
    } | {
        status: 504;
        data: Problem;
    }>("/v1/connection", {
        ...opts
    });
}
/**
 * A short event stream, each event with the time at which it was sent
 */
export function getProbeEvents({ lastEventId, lastEventIdQuery, count, intervalMs }: {
    lastEventId?: string;
    lastEventIdQuery?: string;
    count?: number;
    intervalMs?: number;
} = {}, opts?: Oazapfts.RequestOpts) {
    return oazapfts.fetchJson<{
        status: 200;
        data: string;
    } | {
        status: 400;
        data: Problem;
    } | {
        status: 401;
        data: Problem;
    } | {
        status: 403;
        data: Problem;
    } | {
        status: 421;
        data: Problem;
    } | {
        status: 429;
        data: Problem;
    } | {
        status: 431;
        data: Problem;
    } | {
        status: 500;
        data: Problem;
    } | {
        status: 502;
        data: Problem;
    } | {
        status: 503;
        data: Problem;
    } | {
        status: 504;
        data: Problem;
    }>(`/v1/connection/events${QS.query(QS.explode({
        lastEventId,
        lastEventID: lastEventIdQuery,
        count,
        interval_ms: intervalMs
    }))}`, {
        ...opts
    });
}
/**
 * Takes a body, keeps nothing of it and tells its hash
 */
export function proveUpload(body: Blob, opts?: Oazapfts.RequestOpts) {
    return oazapfts.fetchJson<{
        status: 200;
        data: Upload;
    } | {
        status: 400;
        data: Problem;
    } | {
        status: 401;
        data: Problem;
    } | {
        status: 403;
        data: Problem;
    } | {
        status: 408;
        data: Problem;
    } | {
        status: 413;
        data: Problem;
    } | {
        status: 415;
        data: Problem;
    } | {
        status: 421;
        data: Problem;
    } | {
        status: 429;
        data: Problem;
    } | {
        status: 431;
        data: Problem;
    } | {
        status: 500;
        data: Problem;
    } | {
        status: 502;
        data: Problem;
    } | {
        status: 503;
        data: Problem;
    } | {
        status: 504;
        data: Problem;
    } | {
        status: 507;
        data: Problem;
    }>("/v1/connection/upload", {
        ...opts,
        method: "POST",
        body
    });
}
/**
 * How the link to the gateway is
 */
export function getTunnel(opts?: Oazapfts.RequestOpts) {
    return oazapfts.fetchJson<{
        status: 200;
        data: Tunnel;
    } | {
        status: 400;
        data: Problem;
    } | {
        status: 401;
        data: Problem;
    } | {
        status: 403;
        data: Problem;
    } | {
        status: 421;
        data: Problem;
    } | {
        status: 429;
        data: Problem;
    } | {
        status: 431;
        data: Problem;
    } | {
        status: 500;
        data: Problem;
    } | {
        status: 502;
        data: Problem;
    } | {
        status: 503;
        data: Problem;
    } | {
        status: 504;
        data: Problem;
    }>("/v1/tunnel", {
        ...opts
    });
}
/**
 * Requests that were answered, the kept ones and those to come, as an event stream
 */
export function followRequestLog({ lastEventId, lastEventIdQuery, via, lastEventIdHeader }: {
    lastEventId?: string;
    lastEventIdQuery?: string;
    via?: "socket" | "loopback" | "network" | "proxy" | "tunnel" | "all";
    lastEventIdHeader?: string;
} = {}, opts?: Oazapfts.RequestOpts) {
    return oazapfts.fetchJson<{
        status: 200;
        data: string;
    } | {
        status: 400;
        data: Problem;
    } | {
        status: 401;
        data: Problem;
    } | {
        status: 403;
        data: Problem;
    } | {
        status: 421;
        data: Problem;
    } | {
        status: 429;
        data: Problem;
    } | {
        status: 431;
        data: Problem;
    } | {
        status: 500;
        data: Problem;
    } | {
        status: 502;
        data: Problem;
    } | {
        status: 503;
        data: Problem;
    } | {
        status: 504;
        data: Problem;
    }>(`/v1/tunnel/log${QS.query(QS.explode({
        lastEventId,
        lastEventID: lastEventIdQuery,
        via
    }))}`, {
        ...opts,
        headers: oazapfts.mergeHeaders(opts?.headers, {
            "Last-Event-ID": lastEventIdHeader
        })
    });
}
/**
 * Size, growth and composition of the store
 */
export function getEngineHealth({ details, storeComposition }: {
    details?: string;
    storeComposition?: string;
} = {}, opts?: Oazapfts.RequestOpts) {
    return oazapfts.fetchJson<{
        status: 200;
        data: EngineHealth;
    } | {
        status: 400;
        data: Problem;
    } | {
        status: 401;
        data: Problem;
    } | {
        status: 403;
        data: Problem;
    } | {
        status: 421;
        data: Problem;
    } | {
        status: 429;
        data: Problem;
    } | {
        status: 431;
        data: Problem;
    } | {
        status: 500;
        data: Problem;
    } | {
        status: 502;
        data: Problem;
    } | {
        status: 503;
        data: Problem;
    } | {
        status: 504;
        data: Problem;
    }>(`/v1/engine/health${QS.query(QS.explode({
        details,
        store_composition: storeComposition
    }))}`, {
        ...opts
    });
}
/**
 * Make a backup of the store, prove it, and keep it at home
 */
export function makeBackup(newBackup: NewBackup, opts?: Oazapfts.RequestOpts) {
    return oazapfts.fetchJson<{
        status: 201;
        data: Backup;
    } | {
        status: 400;
        data: Problem;
    } | {
        status: 401;
        data: Problem;
    } | {
        status: 403;
        data: Problem;
    } | {
        status: 408;
        data: Problem;
    } | {
        status: 409;
        data: Problem;
    } | {
        status: 413;
        data: Problem;
    } | {
        status: 415;
        data: Problem;
    } | {
        status: 421;
        data: Problem;
    } | {
        status: 429;
        data: Problem;
    } | {
        status: 431;
        data: Problem;
    } | {
        status: 500;
        data: Problem;
    } | {
        status: 502;
        data: Problem;
    } | {
        status: 503;
        data: Problem;
    } | {
        status: 504;
        data: Problem;
    } | {
        status: 507;
        data: Problem;
    }>("/v1/admin/backup", oazapfts.json({
        ...opts,
        method: "POST",
        body: newBackup
    }));
}
/**
 * The backups at home, the newest first, and when the next one is due
 */
export function listBackups(opts?: Oazapfts.RequestOpts) {
    return oazapfts.fetchJson<{
        status: 200;
        data: BackupList;
    } | {
        status: 400;
        data: Problem;
    } | {
        status: 401;
        data: Problem;
    } | {
        status: 403;
        data: Problem;
    } | {
        status: 421;
        data: Problem;
    } | {
        status: 429;
        data: Problem;
    } | {
        status: 431;
        data: Problem;
    } | {
        status: 500;
        data: Problem;
    } | {
        status: 502;
        data: Problem;
    } | {
        status: 503;
        data: Problem;
    } | {
        status: 504;
        data: Problem;
    }>("/v1/backups", {
        ...opts
    });
}
/**
 * Metrics in the text format of Prometheus
 */
export function getMetrics(opts?: Oazapfts.RequestOpts) {
    return oazapfts.fetchJson<{
        status: 200;
        data: string;
    } | {
        status: 400;
        data: Problem;
    } | {
        status: 401;
        data: Problem;
    } | {
        status: 403;
        data: Problem;
    } | {
        status: 421;
        data: Problem;
    } | {
        status: 429;
        data: Problem;
    } | {
        status: 431;
        data: Problem;
    } | {
        status: 500;
        data: Problem;
    } | {
        status: 502;
        data: Problem;
    } | {
        status: 503;
        data: Problem;
    } | {
        status: 504;
        data: Problem;
    }>("/metrics", {
        ...opts
    });
}
/**
 * This description
 */
export function getOpenApi(opts?: Oazapfts.RequestOpts) {
    return oazapfts.fetchJson<{
        status: 200;
        data: OpenApiDocument;
    } | {
        status: 400;
        data: Problem;
    } | {
        status: 401;
        data: Problem;
    } | {
        status: 403;
        data: Problem;
    } | {
        status: 421;
        data: Problem;
    } | {
        status: 429;
        data: Problem;
    } | {
        status: 431;
        data: Problem;
    } | {
        status: 500;
        data: Problem;
    } | {
        status: 502;
        data: Problem;
    } | {
        status: 503;
        data: Problem;
    } | {
        status: 504;
        data: Problem;
    }>("/openapi.json", {
        ...opts
    });
}

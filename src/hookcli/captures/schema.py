"""The capture store's tables, version by version; each step is applied once and recorded.

    captures    one row an event, mutation or import: what lists and filters read, without bodies
    bodies      the request's bytes; read only when somebody looks, so lists stay small
    attempts    one row an attempt, with the answer's bytes
    deliveries  the duty to bring a capture to a target; unfinished ones are taken up at the next start
    tags        names given by people
    cursors     per endpoint, the `seq` up to which everything is captured

Few indexes: each costs a page of the write-ahead log with every event, while places and pending
deliveries are looked up seldom, and reading past 100,000 rows takes some 50 ms.

`rowid` is the order of capturing. Times are µs since the Unix epoch. Header fields are the
MessagePack array of their pairs, bytes in, bytes out.
"""

VERSION = 1
"""`PRAGMA user_version` of a store that this hookcli writes."""

APPLICATION_ID = 0x686B636C
"""`PRAGMA application_id`, "hkcl": other SQLite files are never touched."""

_FIRST = (
    """
    CREATE TABLE captures (
        rowid INTEGER PRIMARY KEY AUTOINCREMENT,
        id TEXT NOT NULL UNIQUE,
        endpoint TEXT NOT NULL,
        seq INTEGER,
        received_at INTEGER NOT NULL,
        method TEXT NOT NULL,
        url TEXT NOT NULL,
        target BLOB NOT NULL,
        http_version TEXT NOT NULL,
        peer TEXT NOT NULL,
        body_size INTEGER NOT NULL,
        body_sha256 BLOB NOT NULL,
        source TEXT NOT NULL,
        event_type TEXT NOT NULL,
        provider_id TEXT NOT NULL,
        scheme TEXT NOT NULL,
        sig_state TEXT NOT NULL,
        sig_reason TEXT NOT NULL,
        sig_age_ms INTEGER,
        sig_secret TEXT NOT NULL,
        parent TEXT NOT NULL,
        note TEXT NOT NULL DEFAULT '',
        told_status INTEGER,
        told_by TEXT,
        told_ms REAL,
        state TEXT NOT NULL,                    -- of its deliveries: pending before failed before done
        attempts INTEGER NOT NULL DEFAULT 0,
        last_n INTEGER,                         -- of the latest attempt, as all of last_*
        last_why TEXT,
        last_target TEXT,
        last_outcome TEXT,
        last_status INTEGER,
        last_ms REAL,
        last_error TEXT,
        last_next_retry_at INTEGER,
        headers BLOB NOT NULL                   -- last: it may be long, and lists read past it
    )
    """,
    "CREATE INDEX captures_provider_id ON captures (provider_id) WHERE provider_id != ''",
    "CREATE TABLE bodies (capture INTEGER PRIMARY KEY, body BLOB NOT NULL)",
    """
    CREATE TABLE attempts (
        capture INTEGER NOT NULL,               -- captures.rowid, here and below
        n INTEGER NOT NULL,
        why TEXT NOT NULL,
        target TEXT NOT NULL,
        started_at INTEGER NOT NULL,
        ms REAL NOT NULL,
        dns_ms REAL,
        connect_ms REAL,
        wait_ms REAL,
        read_ms REAL,
        outcome TEXT NOT NULL,
        status INTEGER NOT NULL,
        reason BLOB NOT NULL,
        body_size INTEGER NOT NULL,
        error TEXT NOT NULL,
        added TEXT NOT NULL,                    -- a JSON array of texts
        next_retry_at INTEGER,
        headers BLOB NOT NULL,
        body BLOB NOT NULL,
        PRIMARY KEY (capture, n)
    ) WITHOUT ROWID
    """,
    """
    CREATE TABLE deliveries (
        capture INTEGER NOT NULL,
        target TEXT NOT NULL,
        state TEXT NOT NULL,
        tries INTEGER NOT NULL DEFAULT 0,
        due_at INTEGER NOT NULL DEFAULT 0,
        first_try_at INTEGER NOT NULL DEFAULT 0,
        PRIMARY KEY (capture, target)
    ) WITHOUT ROWID
    """,
    "CREATE TABLE tags (tag TEXT NOT NULL, capture INTEGER NOT NULL, PRIMARY KEY (tag, capture)) WITHOUT ROWID",
    "CREATE INDEX tags_of ON tags (capture)",
    "CREATE TABLE cursors (endpoint TEXT PRIMARY KEY, seq INTEGER NOT NULL) WITHOUT ROWID",
)

MIGRATIONS: tuple[tuple[str, ...], ...] = (_FIRST,)
"""Statements that lead from version n to n+1, at place n; never changed once released."""

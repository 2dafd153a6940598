-- NEWEST_PAGE
SELECT tasks.id, tasks.user_id, tasks.title, tasks.description, tasks.complete, tasks.version, timezone('UTC', tasks.created_at) AS created_at, timezone('UTC', tasks.updated_at) AS updated_at
FROM tasks
WHERE tasks.user_id = %(user)s AND (%(after)s IS NULL OR tasks.id < %(after)s) AND (%(complete)s IS NULL OR tasks.complete = %(complete)s) AND (%(q)s IS NULL OR strpos(lower(tasks.title), lower(%(q)s)) > 0 OR strpos(lower(tasks.description), lower(%(q)s)) > 0) ORDER BY tasks.id DESC
 LIMIT %(limit)s;

-- OLDEST_PAGE
SELECT tasks.id, tasks.user_id, tasks.title, tasks.description, tasks.complete, tasks.version, timezone('UTC', tasks.created_at) AS created_at, timezone('UTC', tasks.updated_at) AS updated_at
FROM tasks
WHERE tasks.user_id = %(user)s AND (%(after)s IS NULL OR tasks.id > %(after)s) AND (%(complete)s IS NULL OR tasks.complete = %(complete)s) AND (%(q)s IS NULL OR strpos(lower(tasks.title), lower(%(q)s)) > 0 OR strpos(lower(tasks.description), lower(%(q)s)) > 0) ORDER BY tasks.id ASC
 LIMIT %(limit)s;

-- GET
SELECT tasks.id, tasks.user_id, tasks.title, tasks.description, tasks.complete, tasks.version, timezone('UTC', tasks.created_at) AS created_at, timezone('UTC', tasks.updated_at) AS updated_at
FROM tasks
WHERE tasks.user_id = %(user)s AND tasks.id = %(task)s;

-- CREATE
INSERT INTO tasks (user_id, title, description) VALUES (%(user)s, %(new_title)s, %(new_description)s) RETURNING tasks.id, tasks.user_id, tasks.title, tasks.description, tasks.complete, tasks.version, timezone('UTC', tasks.created_at) AS created_at, timezone('UTC', tasks.updated_at) AS updated_at;

-- CREATE_ONCE
WITH expired AS
(DELETE FROM idempotency_keys WHERE idempotency_keys.user_id = %(user)s AND idempotency_keys.key != %(key)s AND idempotency_keys.created_at < now() - interval '24 hours'),
fresh AS
(SELECT nextval(pg_get_serial_sequence('tasks', 'id')) AS id),
claimed AS
(INSERT INTO idempotency_keys (user_id, key, fingerprint, task_id) SELECT %(user)s AS anon_1, %(key)s AS anon_4, %(fingerprint)s AS anon_5, fresh.id AS id
FROM fresh ON CONFLICT (user_id, key) DO UPDATE SET key = excluded.key RETURNING idempotency_keys.task_id, idempotency_keys.fingerprint, idempotency_keys.created_at),
created AS
(INSERT INTO tasks (user_id, id, title, description, created_at, updated_at) SELECT %(user)s AS anon_1, fresh.id AS id, %(new_title)s AS anon_2, %(new_description)s AS anon_3, claimed.created_at AS created_at, claimed.created_at AS created_at__1
FROM claimed JOIN fresh ON claimed.task_id = fresh.id)
 SELECT claimed.task_id, timezone('UTC', claimed.created_at) AS timezone_1, claimed.fingerprint = %(fingerprint)s AS anon_6
FROM claimed;

-- REPLACE
UPDATE tasks SET title=%(new_title)s, description=%(new_description)s, complete=%(new_complete)s, version=(tasks.version + 1), updated_at=now() WHERE tasks.user_id = %(user)s AND tasks.id = %(task)s AND (%(versions)s IS NULL OR CAST(tasks.version AS TEXT) = ANY (%(versions)s)) RETURNING tasks.id, tasks.user_id, tasks.title, tasks.description, tasks.complete, tasks.version, timezone('UTC', tasks.created_at) AS created_at, timezone('UTC', tasks.updated_at) AS updated_at;

-- PATCH
UPDATE tasks SET title=coalesce(%(new_title)s, tasks.title), description=CASE WHEN %(describe)s THEN %(new_description)s ELSE tasks.description END, complete=coalesce(%(new_complete)s, tasks.complete), version=(tasks.version + 1), updated_at=now() WHERE tasks.user_id = %(user)s AND tasks.id = %(task)s AND (%(versions)s IS NULL OR CAST(tasks.version AS TEXT) = ANY (%(versions)s)) RETURNING tasks.id, tasks.user_id, tasks.title, tasks.description, tasks.complete, tasks.version, timezone('UTC', tasks.created_at) AS created_at, timezone('UTC', tasks.updated_at) AS updated_at;

-- DELETE
DELETE FROM tasks WHERE tasks.user_id = %(user)s AND tasks.id = %(task)s AND (%(versions)s IS NULL OR CAST(tasks.version AS TEXT) = ANY (%(versions)s)) RETURNING tasks.id;

-- MIGRATED
SELECT to_regclass('tasks') IS NOT NULL;

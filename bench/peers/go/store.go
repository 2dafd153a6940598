package main

import (
	"context"

	"github.com/jackc/pgconn"
	"github.com/jackc/pgconn/stmtcache"
	"github.com/jackc/pgx/v4"
	"github.com/jackc/pgx/v4/pgxpool"
)

const (
	connections = 16
	usualPage   = 50
	columns     = `id, user_id, title, description, complete, version, created_at, updated_at,
		due_date, priority, tags, completed_at`
	getStatement  = `SELECT ` + columns + ` FROM tasks WHERE user_id = $1 AND id = $2`
	listStatement = `SELECT ` + columns + ` FROM tasks
		WHERE user_id = $1 AND ($2::bigint = 0 OR id < $2) ORDER BY id DESC LIMIT $3`
	createStatement = `INSERT INTO tasks (user_id, title, description, due_date, priority, tags)
		VALUES ($1, $2, $3, $4, $5, $6) RETURNING ` + columns
	patchStatement = `UPDATE tasks SET title = coalesce($3, title),
		complete = coalesce($4, complete),
		description = CASE WHEN $5 THEN $6 ELSE description END,
		due_date = CASE WHEN $7 THEN $8 ELSE due_date END,
		priority = coalesce($9, priority), tags = coalesce($10, tags),
		completed_at = CASE WHEN coalesce($4, complete) = complete THEN completed_at
			WHEN $4 THEN now() END,
		version = version + 1, updated_at = now()
		WHERE user_id = $1 AND id = $2 RETURNING ` + columns
)

type store struct{ pool *pgxpool.Pool }

// openStore opens the pool, whose sessions keep each statement prepared. Behind PgBouncer in
// transaction mode no session keeps anything, so that only what a statement takes and returns is
// remembered, and each goes as an unnamed one in one round trip.
func openStore(ctx context.Context, url string, pgbouncer bool) (*store, error) {
	config, err := pgxpool.ParseConfig(url)
	if err != nil {
		return nil, err
	}
	config.MaxConns = connections
	if pgbouncer {
		config.ConnConfig.BuildStatementCache = func(conn *pgconn.PgConn) stmtcache.Cache {
			return stmtcache.New(conn, stmtcache.ModeDescribe, 512)
		}
	}
	pool, err := pgxpool.ConnectConfig(ctx, config)
	if err != nil {
		return nil, err
	}
	return &store{pool}, nil
}

func (s *store) close() { s.pool.Close() }

func (s *store) get(ctx context.Context, user string, id int64) (*task, error) {
	return scanned(s.pool.QueryRow(ctx, getStatement, user, id))
}

func (s *store) list(ctx context.Context, user string, limit int, cursor int64) (*taskList, error) {
	rows, err := s.pool.Query(ctx, listStatement, user, cursor, limit+1)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	found := &taskList{tasks: make([]task, 0, usualPage)}
	for rows.Next() {
		if len(found.tasks) == limit {
			found.nextCursor = found.tasks[limit-1].id
			break
		}
		found.tasks = append(found.tasks, task{})
		if err := found.tasks[len(found.tasks)-1].scan(rows); err != nil {
			return nil, err
		}
	}
	rows.Close()
	return found, rows.Err()
}

func (s *store) create(ctx context.Context, user string, body *taskCreate) (*task, error) {
	var priority int16
	if body.Priority.sent {
		priority = rank(body.Priority.value)
	}
	tags := body.Tags.value
	if tags == nil {
		tags = []string{}
	}
	return scanned(s.pool.QueryRow(ctx, createStatement, user, body.Title.value,
		body.Description.pointer(), body.DueDate.pointer(), priority, tags))
}

func (s *store) patch(ctx context.Context, user string, id int64, body *taskPatch) (*task, error) {
	var priority *int16
	if body.Priority.sent {
		number := rank(body.Priority.value)
		priority = &number
	}
	return scanned(s.pool.QueryRow(ctx, patchStatement, user, id, body.Title.pointer(),
		body.Complete.pointer(), body.Description.sent, body.Description.pointer(),
		body.DueDate.sent, body.DueDate.pointer(), priority, body.Tags.value))
}

func scanned(row pgx.Row) (*task, error) {
	found := new(task)
	if err := found.scan(row); err != nil {
		return nil, err
	}
	return found, nil
}

func (t *task) scan(row pgx.Row) error {
	return row.Scan(&t.id, &t.userID, &t.title, &t.description, &t.complete, &t.version,
		&t.createdAt, &t.updatedAt, &t.dueDate, &t.priority, &t.tags, &t.completedAt)
}

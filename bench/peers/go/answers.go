package main

import (
	"errors"
	"net/http"
	"strconv"
	"sync"

	"github.com/jackc/pgx/v4"
)

// A failure is an error as RFC 9457 has it.
type failure struct {
	status int
	detail string
}

var buffers = sync.Pool{New: func() interface{} { return new([]byte) }}

// answer sends a task or a list, or the problem that there was.
func answer(w http.ResponseWriter, status int, body content, err error) {
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		problem(w, http.StatusNotFound, "No such task")
	case err != nil:
		log.Error().Err(err).Msg("a statement failed")
		problem(w, http.StatusServiceUnavailable, "The database failed")
	default:
		send(w, status, "application/json", body)
	}
}

func problem(w http.ResponseWriter, status int, detail string) {
	send(w, status, "application/problem+json", &failure{status, detail})
}

func send(w http.ResponseWriter, status int, kind string, body content) {
	buffer := buffers.Get().(*[]byte)
	defer buffers.Put(buffer)
	*buffer = body.appendJSON((*buffer)[:0])
	header := w.Header()
	header.Set("Content-Type", kind)
	header.Set("Content-Length", strconv.Itoa(len(*buffer)))
	w.WriteHeader(status)
	if _, err := w.Write(*buffer); err != nil {
		log.Debug().Err(err).Msg("the client has gone")
	}
}

func (f *failure) appendJSON(to []byte) []byte {
	to = appendText(append(to, `{"type":"about:blank","title":`...), http.StatusText(f.status))
	to = strconv.AppendInt(append(to, `,"status":`...), int64(f.status), 10)
	return append(appendText(append(to, `,"detail":`...), f.detail), '}')
}

package main

import (
	"net/http"
	"time"
)

type seen struct {
	http.ResponseWriter
	status int
}

func (s *seen) WriteHeader(status int) {
	s.status = status
	s.ResponseWriter.WriteHeader(status)
}

// logged writes a line for each request.
func logged(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		began := time.Now()
		watched := seen{w, http.StatusOK}
		next.ServeHTTP(&watched, r)
		log.Info().Str("method", r.Method).Str("path", r.URL.Path).Int("status", watched.status).
			Str("remote", r.RemoteAddr).Dur("duration_ms", time.Since(began)).Msg("request")
	})
}

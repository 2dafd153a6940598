// Go: net/http, pgx's pool and golang-jwt, in Debian's packages: what one writes by hand for speed.
package main

import (
	"context"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/rs/zerolog"
)

const (
	headTime     = 10 * time.Second
	requestTime  = 30 * time.Second
	shutdownTime = 10 * time.Second
)

var log = zerolog.New(os.Stderr).With().Timestamp().Logger()

func main() {
	stopped, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	store, err := openStore(stopped, os.Getenv("DATABASE_URL"), os.Getenv("PGBOUNCER") != "")
	if err != nil {
		log.Fatal().Err(err).Msg("the database is not there")
	}
	defer store.close()
	server := &http.Server{
		Addr:              "127.0.0.1:" + os.Getenv("PORT"),
		Handler:           logged(&api{store, newVerifier([]byte(os.Getenv("JWT_SECRET_KEY")))}),
		ReadHeaderTimeout: headTime,
		ReadTimeout:       requestTime,
		WriteTimeout:      requestTime,
	}
	go func() {
		if err := server.ListenAndServe(); err != http.ErrServerClosed {
			log.Fatal().Err(err).Msg("not serving")
		}
	}()
	<-stopped.Done()
	patience, cancel := context.WithTimeout(context.Background(), shutdownTime)
	defer cancel()
	if err := server.Shutdown(patience); err != nil {
		log.Error().Err(err).Msg("requests were cut off")
	}
}

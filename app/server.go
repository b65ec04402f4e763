package main

import (
	"log/slog"
	"net/http"
	"time"
)

// The server's limits. net/http sets none by itself.
const (
	// readHeaderTimeout bounds a client that sends its request header slowly.
	readHeaderTimeout = 5 * time.Second
	// readTimeout bounds header and body together.
	readTimeout = 5 * time.Second
	// writeTimeout bounds the answer, counted from the end of the request header: for a client that reads none of it.
	writeTimeout = 5 * time.Second
	// idleTimeout is longer than the defaults of AWS' load balancers, 60 s, and of Traefik and [http.DefaultTransport],
	// 90 s. Were it shorter, they would send requests into connections that are being closed, and a proxy would answer 502.
	// A client that keeps connections longer, as Envoy does, needs a shorter timeout of its own. An idle connection costs
	// 20 KiB of memory.
	idleTimeout = 100 * time.Second
	// maxHeaderBytes bounds the request header; net/http adds 4 KiB of slack, and its default is 1 MiB.
	maxHeaderBytes = 16 << 10
)

// newServer returns the service's HTTP server, not yet listening.
//
// It has no request logger, which would cost more than a tenth of the throughput, and no recover middleware: net/http
// recovers from a panic itself, reports it to ErrorLog with its stack, and closes only that connection.
func newServer(handler http.Handler, logger *slog.Logger) *http.Server {
	return &http.Server{
		Handler:           handler,
		ErrorLog:          slog.NewLogLogger(logger.Handler(), slog.LevelError),
		ReadHeaderTimeout: readHeaderTimeout,
		ReadTimeout:       readTimeout,
		WriteTimeout:      writeTimeout,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    maxHeaderBytes,
		// Leaves `OPTIONS *` to the routes, which answer 404 like for any other unknown request.
		DisableGeneralOptionsHandler: true,
	}
}

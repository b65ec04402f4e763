package main

import (
	"log/slog"
	"net/http"
	"time"
)

// The server's limits. net/http sets none by itself, and Echo's own server falls back to an idle timeout of 30 s.
const (
	// readHeaderTimeout bounds a client that sends its request header slowly.
	readHeaderTimeout = 5 * time.Second
	// readTimeout bounds header and body together. No handler reads a body: net/http discards one of up to 256 KiB
	// after the answer, so that the connection can be reused, and closes the connection on a longer one.
	readTimeout = 5 * time.Second
	// writeTimeout bounds the answer, counted from the end of the request header.
	writeTimeout = 5 * time.Second
	// idleTimeout is longer than a load balancer's own, 60 s by default on AWS: were it shorter, the balancer would send
	// requests into connections that are being closed and answer 502.
	idleTimeout = 75 * time.Second
	// maxHeaderBytes bounds the request header; net/http adds 4 KiB of slack and its default is 1 MiB.
	maxHeaderBytes = 16 << 10
)

// newServer returns the service's HTTP server, not yet listening, with its connections counted by d.
//
// There is no request logger, which would cost more than a tenth of the throughput, and no recover middleware: net/http
// recovers from a panic itself, reports it to ErrorLog with its stack, and closes only that connection.
func newServer(d *drain, logger *slog.Logger) *http.Server {
	return &http.Server{
		Handler:           d.closeConnections(newHandler(d.draining.Load, logger)),
		ConnState:         d.track,
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

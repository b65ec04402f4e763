package main

import (
	"context"
	"fmt"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/labstack/echo/v5"
)

// How long a stop takes. Kubernetes counts terminationGracePeriodSeconds from before the preStop hook, so the hook's
// sleep and both of these must fit into it: infra/timing.ts adds them up.
const (
	// drainPeriod is how long clients get to leave.
	drainPeriod = 10 * time.Second
	// shutdownTimeout is how long requests in flight get after that. None takes more than readHeaderTimeout + writeTimeout.
	shutdownTimeout = 10 * time.Second
)

// drain lets clients leave the server and then stops it. The error says that requests were cut off.
//
// [http.Server.Shutdown] alone would lose requests: it closes idle connections at once, and a client that has just sent
// its next request on one gets a reset (golang/go#23829). So for period the server goes on serving, new connections too,
// and closes none by itself: /health answers 503, and each answer asks its client to leave the connection
// ([closeConnections]). A client that sends at least once in period so gets every answer.
//
// Shutdown then closes only connections that were silent for all of period. That is enough: a request is lost only if
// it crosses that one close on the wire. The client then sees what it sees at the end of any idle timeout, a connection
// that closed before an answer began, and HTTP clients send an idempotent request again (RFC 9112, 9.3.1).
func drain(server *http.Server, draining *atomic.Bool, period, timeout time.Duration) error {
	draining.Store(true)
	time.Sleep(period)

	ctx, cancel := context.WithTimeout(context.Background(), timeout)
	defer cancel()
	if err := server.Shutdown(ctx); err != nil {
		return fmt.Errorf("requests were cut off that had no answer %v after the drain: %w", timeout, err)
	}
	return nil
}

// closeConnections adds `Connection: close` to every answer while draining reports true: net/http then closes the
// connection behind the answer. [http.Server.SetKeepAlivesEnabled] would close idle connections at once too.
func closeConnections(draining func() bool) echo.MiddlewareFunc {
	return func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c *echo.Context) error {
			if draining() {
				c.Response().Header().Set(echo.HeaderConnection, "close")
			}
			return next(c)
		}
	}
}

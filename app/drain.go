package main

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"sync/atomic"
	"time"
)

// How long stopping takes. Kubernetes counts terminationGracePeriodSeconds, 30 s by default, from before the preStop
// hook, so that hook's 5 s of sleep, the drain and the shutdown must fit into it: 5 + 10 + 10 < 30.
const (
	// drainPeriod is the longest time that clients get to leave their open connections.
	drainPeriod = 10 * time.Second
	// shutdownTimeout is what requests in flight get after that. None needs more than readHeaderTimeout + writeTimeout.
	shutdownTimeout = 10 * time.Second
	// drainPoll is how often the drain looks whether the last connection has gone.
	drainPoll = 20 * time.Millisecond
)

// drain moves clients off a server that is about to stop. http.Server.Shutdown alone closes idle connections at once,
// and a client that has just sent its next request into one gets a reset (golang/go#23829). So the server first goes on
// serving, and each answer tells its client to leave the connection.
//
// New connections are the preStop hook's part: it holds the signal back until no endpoint leads here any more
// (kubernetes/kubernetes#43576).
type drain struct {
	draining atomic.Bool
	open     atomic.Int64
}

// track counts the open connections; it is an http.Server.ConnState hook.
func (d *drain) track(_ net.Conn, state http.ConnState) {
	switch state {
	case http.StateNew:
		d.open.Add(1)
	case http.StateClosed, http.StateHijacked:
		d.open.Add(-1)
	}
}

// closeConnections makes every answer of next carry `Connection: close` while draining. The header does it rather than
// http.Server.SetKeepAlivesEnabled, which closes idle connections at once too.
func (d *drain) closeConnections(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if d.draining.Load() {
			w.Header().Set("Connection", "close")
		}
		next.ServeHTTP(w, r)
	})
}

// stop drains server and shuts it down. It takes at most period, less when no connection is open, plus timeout. The
// error says that requests were still in flight after timeout; they are cut off.
func (d *drain) stop(server *http.Server, period, timeout time.Duration) error {
	d.draining.Store(true)
	d.awaitNoConnection(period)

	ctx, cancel := context.WithTimeout(context.Background(), timeout)
	defer cancel()
	if err := server.Shutdown(ctx); err != nil {
		_ = server.Close()
		return fmt.Errorf("requests in flight were cut off %v after the drain: %w", timeout, err)
	}
	return nil
}

func (d *drain) awaitNoConnection(period time.Duration) {
	deadline := time.After(period)
	poll := time.NewTicker(drainPoll)
	defer poll.Stop()
	for d.open.Load() > 0 {
		select {
		case <-deadline:
			return
		case <-poll.C:
		}
	}
}

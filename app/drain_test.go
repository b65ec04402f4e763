package main

import (
	"context"
	"errors"
	"io"
	"net/http"
	"testing"
	"testing/synctest"
	"time"
)

func TestKeepAliveConnectionsStayOpenUntilDraining(t *testing.T) {
	server, _ := newService(discard)
	c := dial(t, start(t, server))
	for range 3 {
		if got, response := c.get(t, "/health"); got != healthy || response.Close {
			t.Fatalf("got %+v, Connection: close %v", got, response.Close)
		}
	}
}

func TestDrainAnswersWhoeverSendsAndLeavesIdleConnectionsOpenUntilItsEnd(t *testing.T) {
	for path, want := range map[string]reply{"/health": draining, "/": hello, "/ping": pong, "/nothing": missing} {
		t.Run(path, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				server, flag := newService(discard)
				connect := startInMemory(t, server)
				early, late, silent := connect(), connect(), connect()
				for _, c := range []*client{early, late, silent} {
					c.get(t, "/")
				}
				begin := time.Now()
				stopped := make(chan error, 1)
				go func() { stopped <- drain(server, flag, drainPeriod, shutdownTimeout) }()
				synctest.Wait()

				leaves := func(name string, c *client) {
					t.Helper()
					if got, response := c.get(t, path); got != want || !response.Close {
						t.Errorf("%s: got %+v, Connection: close %v", name, got, response.Close)
					}
					c.closed(t)
				}
				leaves("open, at once", early)
				time.Sleep(drainPeriod / 2)
				leaves("new", connect())
				time.Sleep(drainPeriod/2 - time.Millisecond)
				leaves("open, at the last moment", late)
				silent.closed(t)
				if took := time.Since(begin); took != drainPeriod {
					t.Errorf("a silent connection was closed after %v, want %v", took, drainPeriod)
				}
				if err := <-stopped; err != nil {
					t.Error(err)
				}
			})
		})
	}
}

// slow makes server's answers take this long.
func slow(server *http.Server, duration time.Duration) {
	server.Handler = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		time.Sleep(duration)
		w.Header().Set("Content-Type", "text/plain")
		_, _ = io.WriteString(w, "done")
	})
}

func TestRequestInFlightIsAnsweredAfterTheDrain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server, flag := newService(discard)
		slow(server, writeTimeout-time.Second)
		connect := startInMemory(t, server)
		stopped := make(chan error, 1)
		go func() { stopped <- drain(server, flag, drainPeriod, shutdownTimeout) }()
		time.Sleep(drainPeriod - time.Millisecond)
		if got, response := connect().get(t, "/"); got != (reply{200, "text/plain", "done"}) || !response.Close {
			t.Errorf("got %+v, Connection: close %v", got, response.Close)
		}
		if err := <-stopped; err != nil {
			t.Error(err)
		}
	})
}

func TestRequestThatOutlastsTheShutdownMakesItFail(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server, flag := newService(discard)
		const forever = time.Hour
		slow(server, forever)
		c := startInMemory(t, server)()
		_, _ = io.WriteString(c, "GET / HTTP/1.1\r\nHost: test\r\n\r\n")
		begin := time.Now()
		err := drain(server, flag, drainPeriod, shutdownTimeout)
		if took := time.Since(begin); took != drainPeriod+shutdownTimeout {
			t.Errorf("took %v", took)
		}
		if want := "requests were cut off that had no answer 10s after the drain: context deadline exceeded"; err == nil || err.Error() != want || !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v, want %s", err, want)
		}
		time.Sleep(forever) // A bubble ends with its goroutines.
	})
}

func TestShutdownWaitsForTheSlowestRequestThatTheTimeoutsAllow(t *testing.T) {
	if longest := readHeaderTimeout + writeTimeout; longest > shutdownTimeout {
		t.Errorf("a request may take %v, a shutdown waits %v", longest, shutdownTimeout)
	}
}

package main

import (
	"context"
	"math"
	"net"
	"net/http"
	"sync/atomic"
	"syscall"
	"time"
)

// busy stands for a time later than any other.
const busy = math.MaxInt64

var started = time.Now()

// now is in nanoseconds since the service's start. It costs half of time.Now, and each request asks for it three times.
func now() int64 { return int64(time.Since(started)) }

// connection is waiting, for its client owes it bytes of a request or takes none of an answer, or else busy.
type connection struct {
	*net.TCPConn
	listener *connections
	lines    lines
	// begun says that a byte of the next request has come.
	begun bool
	// waitingSince is a time as of now, or busy. It is the connection's own, for each request sets it: a lock or a list
	// that all of them share would cost throughput.
	waitingSince atomic.Int64
	// writing says that it is the answer that the connection waits with.
	writing atomic.Bool
}

// Read refuses a header of too many lines before net/http takes it apart. The wait starts anew with the first byte of a
// request, for the rest is about to come, but with no other: a client could drip them.
func (c *connection) Read(p []byte) (int, error) {
	n, err := c.TCPConn.Read(p)
	if n > 0 && !c.begun {
		c.begun = true
		if since := c.waitingSince.Load(); since != busy {
			c.waitingSince.CompareAndSwap(since, now())
		}
	}
	if tooMany := c.lines.add(p[:n]); tooMany != nil {
		return 0, tooMany
	}
	return n, err
}

// Write waits for the client where the kernel's buffer is full of answers that it hasn't taken.
func (c *connection) Write(p []byte) (int, error) {
	before, begin := c.waitingSince.Load(), now()
	c.waitingSince.CompareAndSwap(before, begin)
	c.writing.Store(true)
	n, err := c.TCPConn.Write(p)
	c.writing.Store(false)
	c.waitingSince.CompareAndSwap(begin, before)
	return n, err
}

// hasUnread reports whether the client has sent what the service hasn't come to read yet, as under high load.
func (c *connection) hasUnread() bool {
	raw, err := c.SyscallConn()
	if err != nil || c.writing.Load() {
		return false
	}
	unread := 0
	err = raw.Control(func(fd uintptr) {
		unread, _, _ = syscall.Recvfrom(int(fd), make([]byte, 1), syscall.MSG_PEEK|syscall.MSG_DONTWAIT)
	})
	return err == nil && unread > 0
}

// Close leaves the connection's place to another.
func (c *connection) Close() error {
	c.listener.mu.Lock()
	delete(c.listener.open, c)
	c.listener.mu.Unlock()
	return c.TCPConn.Close()
}

// connectionKey is the key of a request's *connection in its context.
type connectionKey struct{}

// withConnection is an http.Server.ConnContext hook.
func withConnection(ctx context.Context, conn net.Conn) context.Context {
	return context.WithValue(ctx, connectionKey{}, conn)
}

// trackWaiting is an http.Server.ConnState hook: the answer is sent.
func trackWaiting(conn net.Conn, state http.ConnState) {
	if state == http.StateIdle {
		c := conn.(*connection)
		c.begun = false
		c.waitingSince.Store(now())
	}
}

// trackBusy makes connections busy while next answers a request. One whose body is still to come goes on waiting for its
// client, who could otherwise hold a place with a body that never ends.
func trackBusy(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.ContentLength == 0 {
			r.Context().Value(connectionKey{}).(*connection).waitingSince.Store(busy)
		}
		next.ServeHTTP(w, r)
	})
}

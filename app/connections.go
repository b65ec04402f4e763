package main

import (
	"context"
	"fmt"
	"math"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

const (
	// maxConnections is how many connections are open at once; memory.go has the arithmetic.
	maxConnections = 512
	// socketBuffer is what the kernel keeps of unread requests and of unsent answers, in bytes for each direction of each
	// connection; Linux doubles it for its own bookkeeping (socket(7)). An answer has less than 300 bytes. Left alone the
	// two grow to megabytes with a client that sends on and on and reads nothing, and the container pays for them.
	socketBuffer = 8 << 10
	// leastWait is how long a connection must have waited to be closed: the requests of a burst may be on their way.
	leastWait = 50 * time.Millisecond
	// roomPoll is how often a new connection looks for room while every open one is busy.
	roomPoll = 5 * time.Millisecond
)

// connections is a listener whose open connections are limited. At the limit a new one takes the place of the one that
// has waited longest for its client, so that a flood of idle connections doesn't lock out the next request, such as a
// probe of the kubelet, as a limit that makes new ones queue would. A busy connection is never closed.
type connections struct {
	*net.TCPListener
	limit int
	mu    sync.Mutex
	open  map[*connection]struct{}
}

// limitConnections limits what listener accepts from now on to limit open connections.
func limitConnections(listener *net.TCPListener, limit int) (*connections, error) {
	raw, err := listener.SyscallConn()
	if err != nil {
		return nil, err
	}
	// Set before the connections are made, which inherit them: the kernel can't take back a window it has offered.
	var receive, send error
	err = raw.Control(func(fd uintptr) {
		receive = syscall.SetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_RCVBUF, socketBuffer)
		send = syscall.SetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_SNDBUF, socketBuffer)
	})
	for _, err := range []error{err, receive, send} {
		if err != nil {
			return nil, fmt.Errorf("can't set the size of socket buffers: %w", err)
		}
	}
	return &connections{TCPListener: listener, limit: limit, open: map[*connection]struct{}{}}, nil
}

// Accept waits for the next connection and makes room for it.
func (l *connections) Accept() (net.Conn, error) {
	tcp, err := l.AcceptTCP()
	if err != nil {
		return nil, err
	}
	c := &connection{TCPConn: tcp, listener: l}
	// The server's timeouts end each busy connection, so that this ends too.
	for !l.admit(c) {
		time.Sleep(roomPoll)
	}
	return c, nil
}

// admit reports whether there was room for c, or a connection that could be closed.
func (l *connections) admit(c *connection) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.open) >= l.limit && !l.closeLongestWaiting() {
		return false
	}
	c.waitingSince.Store(now())
	l.open[c] = struct{}{}
	return true
}

// closeLongestWaiting reports false if no connection has waited for leastWait. It looks at each one: that is 10 µs, at
// the limit only, where keeping them in order would cost every request.
func (l *connections) closeLongestWaiting() bool {
	for {
		var longest *connection
		waitingSince := now() - int64(leastWait)
		for c := range l.open {
			if since := c.waitingSince.Load(); since < waitingSince {
				longest, waitingSince = c, since
			}
		}
		if longest == nil {
			return false
		}
		if longest.hasUnread() {
			longest.waitingSince.CompareAndSwap(waitingSince, now())
			continue
		}
		// It may have become busy since.
		if longest.waitingSince.CompareAndSwap(waitingSince, busy) {
			delete(l.open, longest)
			_ = longest.TCPConn.Close()
			return true
		}
	}
}

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

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
	// writePatience is how long a connection stays busy while its client takes none of the answer. The buffer is full by
	// then: the client has left dozens of answers unread.
	writePatience = 250 * time.Millisecond
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
	c.wait()
	// The server's timeouts end a busy connection, so that this ends too.
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
	l.open[c] = struct{}{}
	return true
}

// closeLongestWaiting reports false if every connection is busy. It looks at each one: that is 10 µs, at the limit only,
// where keeping them in order would cost every request.
func (l *connections) closeLongestWaiting() bool {
	for {
		var longest *connection
		waitingSince := time.Now().UnixNano()
		for c := range l.open {
			if since := c.waitingSince.Load(); since < waitingSince {
				longest, waitingSince = c, since
			}
		}
		if longest == nil {
			return false
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

// connection is waiting, for its client owes it bytes of a request or takes none of an answer, or else busy.
type connection struct {
	*net.TCPConn
	listener *connections
	lines    lines
	// waitingSince is in nanoseconds of Unix time: busy, or a moment to come, if the connection isn't waiting. It is the
	// connection's own, for each request sets it: a lock or a list that all of them share would cost throughput.
	waitingSince atomic.Int64
}

func (c *connection) wait() { c.waitingSince.Store(time.Now().UnixNano()) }

// Read refuses a header of too many lines before net/http takes it apart.
func (c *connection) Read(p []byte) (int, error) {
	n, err := c.TCPConn.Read(p)
	if tooMany := c.lines.add(p[:n]); tooMany != nil {
		return 0, tooMany
	}
	return n, err
}

// Write counts as waiting if it takes longer than writePatience.
func (c *connection) Write(p []byte) (int, error) {
	soon := time.Now().Add(writePatience).UnixNano()
	before := c.waitingSince.Swap(soon)
	n, err := c.TCPConn.Write(p)
	c.waitingSince.CompareAndSwap(soon, before)
	return n, err
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
		conn.(*connection).wait()
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

package main

import (
	"fmt"
	"net"
	"sync"
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
	latest := now() - int64(leastWait)
	for {
		var longest *connection
		waitingSince := latest
		for c := range l.open {
			since := c.waitingSince.Load()
			if since >= waitingSince {
				continue
			}
			if c.hasUnread() {
				c.waitingSince.CompareAndSwap(since, now())
				continue
			}
			longest, waitingSince = c, since
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

package main

import (
	"net"
	"net/http"
	"sync"
	"testing"
)

// pipes is a listener in memory. In a bubble of testing/synctest, the deadlines of its connections follow the bubble's
// clock: a test with the service's real timeouts takes no time, and is exact on a machine of any speed.
type pipes struct {
	accepted chan net.Conn
	closed   chan struct{}
	once     sync.Once
}

// startInMemory serves until the test ends, and returns a way to connect.
func startInMemory(t *testing.T, server *http.Server) func() *client {
	listener := &pipes{accepted: make(chan net.Conn), closed: make(chan struct{})}
	go func() { _ = server.Serve(listener) }()
	t.Cleanup(func() { _ = server.Close() })
	return func() *client {
		t.Helper()
		near, far := net.Pipe()
		t.Cleanup(func() { _ = near.Close() })
		select {
		case listener.accepted <- far:
		case <-listener.closed:
			t.Fatal("the server doesn't listen any more")
		}
		return newClient(near)
	}
}

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case conn := <-p.accepted:
		return conn, nil
	case <-p.closed:
		return nil, net.ErrClosed
	}
}

func (p *pipes) Close() error {
	p.once.Do(func() { close(p.closed) })
	return nil
}

func (p *pipes) Addr() net.Addr { return &net.UnixAddr{Name: "memory", Net: "pipe"} }

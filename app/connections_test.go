package main

import (
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

func TestNewConnectionTakesThePlaceOfTheLongestWaiting(t *testing.T) {
	// The service notes the end of an answer after its client has read it.
	get := func(t *testing.T, c *client) {
		c.get(t, "/health")
		time.Sleep(leastWait)
	}
	request := func(t *testing.T, _ *connections, c *client) { get(t, c) }
	// send returns when the service has read the text.
	send := func(text string) func(*testing.T, *connections, *client) {
		return func(t *testing.T, listener *connections, c *client) {
			var since int64
			await(t, "waiting", func() bool { since = listener.onlyWaitingSince(); return since != busy })
			_, _ = io.WriteString(c, text)
			await(t, "read", func() bool { return listener.onlyWaitingSince() != since })
		}
	}
	for name, first := range map[string]func(*testing.T, *connections, *client){
		"never sent a byte":     func(*testing.T, *connections, *client) {},
		"idle after a request":  request,
		"an unfinished header":  send("GET / HTTP/1.1\r\nHost: test\r\nX:"),
		"after a request, more": func(t *testing.T, l *connections, c *client) { request(t, l, c); send("GET / HT")(t, l, c) },
	} {
		t.Run(name, func(t *testing.T) {
			listener, connect := startLimited(t, newServer(&drain{}, discard), 3)
			longest := connect()
			await(t, "accepted", func() bool { return listener.count() == 1 })
			first(t, listener, longest)
			second, third := connect(), connect()
			get(t, second)
			get(t, third)
			get(t, connect())
			longest.closed(t)
			get(t, second)
			// Now the third has waited longest, though it came later than the second.
			get(t, connect())
			third.closed(t)
			get(t, second)
		})
	}
}

// onlyWaitingSince is since when the only connection waits; not yet idle, it is busy.
func (l *connections) onlyWaitingSince() int64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	for c := range l.open {
		return c.waitingSince.Load()
	}
	return busy
}

func (l *connections) count() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.open)
}

func TestClosedConnectionsLeaveTheirPlaces(t *testing.T) {
	listener, connect := startLimited(t, newServer(&drain{}, discard), 2)
	stays := connect()
	stays.get(t, "/")
	for range 5 {
		c := connect()
		c.get(t, "/")
		_ = c.Close()
		await(t, "its place", func() bool { return listener.count() == 1 })
	}
	stays.get(t, "/")
}

// holding is a server whose handler tells when a request has arrived and answers it when it is told to.
func holding() (server *http.Server, arrived, release chan struct{}) {
	arrived, release = make(chan struct{}), make(chan struct{})
	server = newServer(&drain{}, discard)
	server.Handler = trackBusy(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		arrived <- struct{}{}
		<-release
	}))
	return server, arrived, release
}

func TestBusyConnectionIsNeverClosed(t *testing.T) {
	const limit = 3
	server, arrived, release := holding()
	_, connect := startLimited(t, server, limit)
	request := func() *client {
		c := connect()
		_, _ = io.WriteString(c, "GET / HTTP/1.1\r\nHost: test\r\n\r\n")
		return c
	}
	var occupied []*client
	for range limit {
		occupied = append(occupied, request())
		<-arrived
	}
	late := request()
	select {
	case <-arrived:
		t.Fatal("a connection above the limit was served")
	case <-time.After(10 * roomPoll):
	}

	// The first to be answered is waiting from then on, and is closed for the late one.
	release <- struct{}{}
	<-arrived
	for range limit {
		release <- struct{}{}
	}
	for _, c := range append(occupied, late) {
		if got, _ := c.read(t); got.status != http.StatusOK {
			t.Errorf("got %+v", got)
		}
	}
}

func TestBodyThatIsStillToComeMakesNoConnectionBusy(t *testing.T) {
	server := newServer(&drain{}, discard)
	server.ReadTimeout = time.Hour // which leaves it to the limit to make room
	_, connect := startLimited(t, server, 1)
	slow := connect()
	_, _ = io.WriteString(slow, "POST / HTTP/1.1\r\nHost: test\r\nContent-Length: 10\r\n\r\nx")
	if got, response := slow.read(t); got != missing || !response.Close {
		t.Errorf("got %+v, Connection: close %v", got, response.Close)
	}
	connect().get(t, "/health")
	slow.closed(t)
}

func TestClientThatReadsNothingMakesRoom(t *testing.T) {
	server := newServer(&drain{}, discard)
	server.WriteTimeout = time.Hour // which leaves it to the limit to make room
	_, connect := startLimited(t, server, 1)
	deaf := connect()
	closed := make(chan struct{})
	go func() {
		ask(deaf)
		close(closed)
	}()
	connect().get(t, "/health")
	<-closed
}

func TestBurstOfRequestsAboveTheLimitIsAnswered(t *testing.T) {
	const limit, burst = 4, 64
	server := newServer(&drain{}, discard)
	listener := listen(t, limit)
	clients := make([]*client, burst)
	for i := range clients {
		conn, err := net.Dial("tcp", listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		clients[i] = newClient(conn)
		_, _ = io.WriteString(conn, "GET /health HTTP/1.1\r\nHost: test\r\n\r\n")
	}
	// All of them are there before the first is accepted.
	go func() { _ = server.Serve(listener) }()
	defer server.Close()
	for _, c := range clients {
		if got, _ := c.read(t); got != healthy {
			t.Errorf("got %+v", got)
		}
	}
}

func TestUnreadRequestKeepsItsConnection(t *testing.T) {
	listener := listen(t, 1)
	defer listener.Close()
	dial := func() (near, far net.Conn) {
		near, err := net.Dial("tcp", listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = near.Close() })
		far, err = listener.Accept()
		if err != nil {
			t.Fatal(err)
		}
		return near, far
	}
	near, far := dial()
	_, _ = io.WriteString(near, "x")
	await(t, "the byte", far.(*connection).hasUnread)
	time.Sleep(leastWait)
	listener.mu.Lock()
	closed := listener.closeLongestWaiting()
	listener.mu.Unlock()
	if closed {
		t.Error("closed with a byte unread")
	}
	if n, err := far.Read(make([]byte, 1)); n != 1 || err != nil {
		t.Errorf("read %d bytes, %v", n, err)
	}
	dial()
	if _, err := far.Read(make([]byte, 1)); err == nil {
		t.Error("still open after another came and nothing was unread")
	}
}

// Clients come and go at the limit, so that requests arrive while their connections are chosen to be closed.
func TestEveryAnswerIsWholeAtTheLimit(t *testing.T) {
	const limit, clients, requests = 4, 8, 20
	_, connect := startLimited(t, newServer(&drain{}, discard), limit)
	var answered, closed atomic.Int64
	var group sync.WaitGroup
	for range clients {
		group.Go(func() {
			c := connect()
			for range requests {
				_, _ = io.WriteString(c, "GET /health HTTP/1.1\r\nHost: test\r\n\r\n")
				response, err := http.ReadResponse(c.reader, nil)
				if err != nil {
					closed.Add(1)
					_ = c.Close()
					c = connect()
					continue
				}
				body, err := io.ReadAll(response.Body)
				if got := (reply{response.StatusCode, response.Header.Get("Content-Type"), string(body)}); err != nil || got != healthy {
					t.Errorf("got %+v, %v", got, err)
				}
				answered.Add(1)
				// About as long as makes it the next to be closed.
				time.Sleep(leastWait - time.Millisecond + rand.N(2*time.Millisecond))
			}
		})
	}
	group.Wait()
	t.Logf("%d clients on %d connections: %d answers, %d closed while waiting", clients, limit, answered.Load(), closed.Load())
	if answered.Load() == 0 {
		t.Error("no answer")
	}
}

func TestSocketBuffersAreSmall(t *testing.T) {
	listener := listen(t, 1)
	defer listener.Close()
	client, err := net.Dial("tcp", listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	conn, err := listener.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	raw, err := conn.(*connection).SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	for name, option := range map[string]int{"SO_RCVBUF": syscall.SO_RCVBUF, "SO_SNDBUF": syscall.SO_SNDBUF} {
		var size int
		err := raw.Control(func(fd uintptr) { size, err = syscall.GetsockoptInt(int(fd), syscall.SOL_SOCKET, option) })
		if err != nil || size < socketBuffer || size > 2*socketBuffer {
			t.Errorf("%s is %d, %v", name, size, err)
		}
	}
}

// BenchmarkTracking is what a request costs for the connections' limit.
func BenchmarkTracking(b *testing.B) {
	handler := trackBusy(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	request := []byte("GET /health HTTP/1.1\r\nHost: 127.0.0.1:8080\r\n\r\n")
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		c := &connection{}
		r, err := http.NewRequestWithContext(withConnection(b.Context(), c), "GET", "/health", nil)
		if err != nil {
			b.Fatal(err)
		}
		for pb.Next() {
			_ = c.lines.add(request)
			handler.ServeHTTP(nil, r)
			trackWaiting(c, http.StateIdle)
		}
		if c.waitingSince.Load() == busy {
			b.Fatal(fmt.Errorf("still busy"))
		}
	})
}

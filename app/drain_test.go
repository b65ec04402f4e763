package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"
)

// patience is far longer than anything here takes; a test that needs it has failed.
const patience = 30 * time.Second

// client is one connection, so that a test decides itself when it opens, is reused and closes.
type client struct {
	net.Conn
	reader *bufio.Reader
}

// start serves on a free loopback port until the test ends and returns a way to connect to it.
func start(t *testing.T, server *http.Server) func() *client {
	t.Helper()
	_, connect := startLimited(t, server, maxConnections)
	return connect
}

// startLimited is start with another limit of connections.
func startLimited(t *testing.T, server *http.Server, limit int) (*connections, func() *client) {
	t.Helper()
	listener := listen(t, limit)
	go func() { _ = server.Serve(listener) }()
	t.Cleanup(func() { _ = server.Close() })
	return listener, func() *client {
		t.Helper()
		conn, err := net.Dial("tcp", listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = conn.Close() })
		return newClient(conn)
	}
}

// listen listens on a free loopback port.
func listen(t testing.TB, limit int) *connections {
	t.Helper()
	tcp, err := net.ListenTCP("tcp", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	listener, err := limitConnections(tcp, limit)
	if err != nil {
		t.Fatal(err)
	}
	return listener
}

func newClient(conn net.Conn) *client {
	_ = conn.SetDeadline(time.Now().Add(patience))
	return &client{conn, bufio.NewReader(conn)}
}

// get sends a keep-alive request and reads the whole answer.
func (c *client) get(t *testing.T, path string) (reply, *http.Response) {
	t.Helper()
	if _, err := fmt.Fprintf(c, "GET %s HTTP/1.1\r\nHost: test\r\n\r\n", path); err != nil {
		t.Fatal(err)
	}
	return c.read(t)
}

func (c *client) read(t *testing.T) (reply, *http.Response) {
	t.Helper()
	response, err := http.ReadResponse(c.reader, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return reply{response.StatusCode, response.Header.Get("Content-Type"), string(body)}, response
}

// closed waits for the server to close the connection.
func (c *client) closed(t *testing.T) {
	t.Helper()
	if _, err := c.reader.ReadByte(); err != io.EOF {
		t.Fatalf("want the connection closed, got %v", err)
	}
}

func await(t *testing.T, what string, condition func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); !condition(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("gave up waiting: %s", what)
		}
	}
}

// stopping runs stop in the background, waits until it drains, and returns its result.
func stopping(t *testing.T, d *drain, server *http.Server, period, timeout time.Duration) <-chan error {
	t.Helper()
	stopped := make(chan error, 1)
	go func() { stopped <- d.stop(server, period, timeout) }()
	await(t, "draining", d.draining.Load)
	return stopped
}

func wait(t *testing.T, stopped <-chan error) error {
	t.Helper()
	select {
	case err := <-stopped:
		return err
	case <-time.After(patience):
		t.Fatal("did not stop")
		return nil
	}
}

func TestTimingFitsKubernetesGracePeriod(t *testing.T) {
	const preStopSleep, gracePeriod = 5 * time.Second, 30 * time.Second
	if sum := preStopSleep + drainPeriod + shutdownTimeout; sum >= gracePeriod {
		t.Errorf("stopping takes up to %v, the pod is killed after %v", sum, gracePeriod)
	}
	if longest := readHeaderTimeout + writeTimeout; longest > shutdownTimeout {
		t.Errorf("a request may take %v, a shutdown waits %v", longest, shutdownTimeout)
	}
}

func TestKeepAliveConnectionsStayOpenUntilDraining(t *testing.T) {
	d := &drain{}
	c := start(t, newServer(d, discard))()
	for range 3 {
		if got, response := c.get(t, "/health"); got != healthy || response.Close {
			t.Fatalf("got %+v, Connection: close %v", got, response.Close)
		}
	}
}

func TestDrainingAnswersAndClosesEachConnection(t *testing.T) {
	for path, want := range map[string]reply{"/health": draining, "/": hello, "/ping": pong, "/nothing": missing} {
		t.Run(path, func(t *testing.T) {
			d := &drain{}
			server := newServer(d, discard)
			connect := start(t, server)
			open, idle := connect(), connect()
			open.get(t, "/")
			idle.get(t, "/")
			stopped := stopping(t, d, server, patience, patience)

			if got, response := open.get(t, path); got != want || !response.Close {
				t.Errorf("open connection: got %+v, Connection: close %v", got, response.Close)
			}
			open.closed(t)
			fresh := connect()
			if got, response := fresh.get(t, path); got != want || !response.Close {
				t.Errorf("new connection: got %+v, Connection: close %v", got, response.Close)
			}
			fresh.closed(t)
			// The one that sends nothing is left alone: closing it is what would race with its next request.
			_ = idle.SetReadDeadline(time.Now().Add(5 * drainPoll))
			if _, err := idle.reader.Peek(1); err == nil || err == io.EOF {
				t.Errorf("idle connection: want it open, got %v", err)
			}

			_ = idle.Close()
			if err := wait(t, stopped); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestDrainEndsWhenNoConnectionIsOpen(t *testing.T) {
	d := &drain{}
	server := newServer(d, discard)
	connect := start(t, server)
	c := connect()
	c.get(t, "/")
	stopped := stopping(t, d, server, time.Hour, patience)
	_ = c.Close()
	if err := wait(t, stopped); err != nil {
		t.Error(err)
	}
	if open := d.open.Load(); open != 0 {
		t.Errorf("%d connections counted after the last one closed", open)
	}
}

func TestDrainIsSkippedWithoutConnections(t *testing.T) {
	d := &drain{}
	server := newServer(d, discard)
	start(t, server)
	if err := wait(t, stopping(t, d, server, time.Hour, patience)); err != nil {
		t.Error(err)
	}
}

func TestDrainPeriodEndsDespiteAnIdleConnection(t *testing.T) {
	d := &drain{}
	server := newServer(d, discard)
	c := start(t, server)()
	c.get(t, "/")
	if err := wait(t, stopping(t, d, server, time.Millisecond, patience)); err != nil {
		t.Error(err)
	}
	c.closed(t)
}

// slow is a server whose handler says when a request has arrived and answers when it is told to.
func slow(d *drain) (server *http.Server, arrived, release chan struct{}) {
	arrived, release = make(chan struct{}), make(chan struct{})
	server = newServer(d, discard)
	server.Handler = trackBusy(d.closeConnections(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		close(arrived)
		<-release
		w.Header().Set("Content-Type", "text/plain")
		_, _ = io.WriteString(w, "done")
	})))
	return server, arrived, release
}

func TestRequestInFlightIsAnsweredAfterTheDrain(t *testing.T) {
	d := &drain{}
	server, arrived, release := slow(d)
	shuttingDown := make(chan struct{})
	server.RegisterOnShutdown(func() { close(shuttingDown) })
	c := start(t, server)()
	_, _ = io.WriteString(c, "GET / HTTP/1.1\r\nHost: test\r\n\r\n")
	<-arrived
	stopped := stopping(t, d, server, time.Millisecond, patience)
	<-shuttingDown
	close(release)

	if got, _ := c.read(t); got != (reply{200, "text/plain", "done"}) {
		t.Errorf("got %+v", got)
	}
	if err := wait(t, stopped); err != nil {
		t.Error(err)
	}
}

func TestShutdownTimeoutSaysThatRequestsWereCutOff(t *testing.T) {
	d := &drain{}
	server, arrived, release := slow(d)
	c := start(t, server)()
	defer close(release)
	_, _ = io.WriteString(c, "GET / HTTP/1.1\r\nHost: test\r\n\r\n")
	<-arrived
	err := wait(t, stopping(t, d, server, time.Millisecond, time.Millisecond))
	if err == nil || !strings.Contains(err.Error(), "cut off") || !strings.Contains(err.Error(), context.DeadlineExceeded.Error()) {
		t.Errorf("got %v", err)
	}
}

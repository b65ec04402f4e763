package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"sync/atomic"
	"testing"
	"time"
)

// patience is far longer than anything here takes: a test that needs it has failed.
const patience = 30 * time.Second

var discard = slog.New(slog.DiscardHandler)

// newService returns the server with its routes, and the flag that makes it drain.
func newService(logger *slog.Logger) (*http.Server, *atomic.Bool) {
	draining := &atomic.Bool{}
	return newServer(newHandler(draining.Load, logger), logger), draining
}

// start serves on a free loopback port until the test ends, and returns its address.
func start(t testing.TB, server *http.Server) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go func() { _ = server.Serve(listener) }()
	t.Cleanup(func() { _ = server.Close() })
	return listener.Addr().String()
}

// client is one connection: a test decides when it opens, is used again and closes.
type client struct {
	net.Conn
	reader *bufio.Reader
}

func newClient(conn net.Conn) *client { return &client{conn, bufio.NewReader(conn)} }

// dial connects to address until the test ends.
func dial(t testing.TB, address string) *client {
	t.Helper()
	conn, err := net.DialTimeout("tcp", address, patience)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	_ = conn.SetDeadline(time.Now().Add(patience))
	return newClient(conn)
}

// ask sends a keep-alive request and reads the whole answer.
func (c *client) ask(path string) (reply, *http.Response, error) {
	if _, err := fmt.Fprintf(c, "GET %s HTTP/1.1\r\nHost: test\r\n\r\n", path); err != nil {
		return reply{}, nil, err
	}
	return c.answer()
}

func (c *client) answer() (reply, *http.Response, error) {
	response, err := http.ReadResponse(c.reader, nil)
	if err != nil {
		return reply{}, nil, err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	return reply{response.StatusCode, response.Header.Get("Content-Type"), string(body)}, response, err
}

// get is ask in a test that an error ends.
func (c *client) get(t *testing.T, path string) (reply, *http.Response) {
	t.Helper()
	got, response, err := c.ask(path)
	if err != nil {
		t.Fatalf("GET %s: %v", path, err)
	}
	return got, response
}

// read is answer in a test that an error ends.
func (c *client) read(t *testing.T) (reply, *http.Response) {
	t.Helper()
	got, response, err := c.answer()
	if err != nil {
		t.Fatal(err)
	}
	return got, response
}

// closed waits until the server closes the connection.
func (c *client) closed(t *testing.T) {
	t.Helper()
	if b, err := c.reader.ReadByte(); err == nil || errors.Is(err, os.ErrDeadlineExceeded) {
		t.Fatalf("want the connection closed, got %q, %v", b, err)
	}
}

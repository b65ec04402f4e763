package main

import (
	"io"
	"strings"
	"testing"
	"time"
)

// drip sends text a byte at a time until the server closes the connection or all of it is sent.
func drip(c *client, text string, pause time.Duration) {
	for i := range len(text) {
		if _, err := io.WriteString(c, text[i:i+1]); err != nil {
			return
		}
		time.Sleep(pause)
	}
}

// These take as long as the server's own timeouts do, all at once.
func TestSlowClientsAreClosedByTheTimeouts(t *testing.T) {
	const request = "GET /health HTTP/1.1\r\nHost: test\r\n"
	long := strings.Repeat("x", 1000)
	for name, test := range map[string]struct {
		timeout time.Duration
		// send does what the client does; answers are the statuses that it gets before it is closed.
		send    func(c *client)
		answers int
	}{
		"never sends a byte": {readHeaderTimeout, func(*client) {}, 0},
		"drips a header":     {readHeaderTimeout, func(c *client) { drip(c, request+"X: "+long, 50*time.Millisecond) }, 0},
		"drips a second header": {readHeaderTimeout, func(c *client) {
			_, _ = io.WriteString(c, request+"\r\n")
			drip(c, request+"X: "+long, 50*time.Millisecond)
		}, 1},
		"drips a body": {readTimeout, func(c *client) {
			_, _ = io.WriteString(c, request+"Content-Length: 1000\r\n\r\n")
			drip(c, long, 50*time.Millisecond)
		}, 1},
		"drips chunks": {readTimeout, func(c *client) {
			_, _ = io.WriteString(c, request+"Transfer-Encoding: chunked\r\n\r\n")
			drip(c, strings.Repeat("1\r\nx\r\n", 200), 50*time.Millisecond)
		}, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := start(t, newServer(&drain{}, discard))()
			begin := time.Now()
			go test.send(c)
			for range test.answers {
				if got, _ := c.read(t); got != healthy {
					t.Errorf("got %+v", got)
				}
				if took := time.Since(begin); took > test.timeout/2 {
					t.Errorf("answered after %v", took)
				}
			}
			answered := time.Since(begin)
			// A reset is as good as the end: the server closed while bytes were on their way.
			if rest, _ := io.ReadAll(c.reader); len(rest) > 0 {
				t.Errorf("got %q", rest)
			}
			took := time.Since(begin)
			t.Logf("%d answered within %v, closed after %v", test.answers, answered.Round(time.Millisecond), took.Round(time.Millisecond))
			if took < test.timeout/2 || took > test.timeout+patience/4 {
				t.Errorf("closed after %v, want %v", took, test.timeout)
			}
		})
	}
}

func TestClientThatReadsNothingIsClosedByTheWriteTimeout(t *testing.T) {
	t.Parallel()
	listener, connect := startLimited(t, newServer(&drain{}, discard), maxConnections)
	c := connect()
	_ = c.SetDeadline(time.Now().Add(2 * patience))
	begin := time.Now()
	requests := strings.Repeat("GET /health HTTP/1.1\r\nHost: test\r\n\r\n", 1000)
	for {
		if _, err := io.WriteString(c, requests); err != nil {
			break
		}
	}
	await(t, "closed", func() bool { return listener.count() == 0 })
	took := time.Since(begin)
	t.Logf("closed after %v", took.Round(time.Millisecond))
	if took < writeTimeout/2 {
		t.Errorf("closed after %v, want at least %v", took, writeTimeout)
	}
}

func TestIdleConnectionIsClosedByTheIdleTimeout(t *testing.T) {
	server := newServer(&drain{}, discard)
	server.IdleTimeout = 100 * time.Millisecond
	c := start(t, server)()
	c.get(t, "/health")
	c.closed(t)
}

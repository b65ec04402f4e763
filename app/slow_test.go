package main

import (
	"io"
	"strings"
	"sync"
	"testing"
	"time"
)

// drip sends text a byte at a time until the server closes the connection or all of it is sent.
func drip(c *client, text string) {
	for i := range len(text) {
		if _, err := io.WriteString(c, text[i:i+1]); err != nil {
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
}

// These take as long as the server's own timeouts do, all at once.
func TestSlowClientsAreClosedByTheTimeouts(t *testing.T) {
	t.Parallel()
	const request = "GET /health HTTP/1.1\r\nHost: test\r\n"
	long := strings.Repeat("x", 1000)
	_, connect := startLimited(t, newServer(&drain{}, discard), maxConnections)
	var group sync.WaitGroup
	for name, test := range map[string]struct {
		atOnce, dripped string
		timeout         time.Duration
		answers         int
	}{
		"sends nothing":         {"", "", readHeaderTimeout, 0},
		"drips a header":        {request + "X: ", long, readHeaderTimeout, 0},
		"drips a second header": {request + "\r\n" + request + "X: ", long, readHeaderTimeout, 1},
		"drips a body":          {request + "Content-Length: 1000\r\n\r\n", long, readTimeout, 1},
		"drips chunks":          {request + "Transfer-Encoding: chunked\r\n\r\n", strings.Repeat("1\r\nx\r\n", 200), readTimeout, 1},
	} {
		c := connect()
		group.Go(func() {
			begin := time.Now()
			go func() {
				_, _ = io.WriteString(c, test.atOnce)
				drip(c, test.dripped)
			}()
			// A reset is as good as the end: the server has closed while bytes were on their way.
			_, _ = c.reader.Peek(1)
			answered := time.Since(begin).Round(time.Millisecond)
			answers, _ := io.ReadAll(c.reader)
			took := time.Since(begin).Round(time.Millisecond)

			t.Logf("a client that %s: %d answers, the first byte or the end after %v, closed after %v", name, test.answers, answered, took)
			if found := len(statuses(string(answers))); found != test.answers {
				t.Errorf("a client that %s: got %q", name, answers)
			}
			if test.answers > 0 && took-answered < test.timeout/2 {
				t.Errorf("a client that %s: answered after %v", name, answered)
			}
			if took < test.timeout/2 || took > 3*test.timeout/2 {
				t.Errorf("a client that %s: closed after %v, want %v", name, took, test.timeout)
			}
		})
	}
	deaf := connect()
	_ = deaf.SetDeadline(time.Now().Add(2 * patience))
	group.Go(func() {
		begin := time.Now()
		ask(deaf)
		took := time.Since(begin).Round(time.Millisecond)
		t.Logf("a client that reads nothing: closed after %v", took)
		// It takes a moment until the buffers are full.
		if took < writeTimeout/2 || took > 3*writeTimeout {
			t.Errorf("a client that reads nothing: closed after %v, want %v", took, writeTimeout)
		}
	})
	group.Wait()
}

// ask sends one request after the other, and reads no answer, until the connection is closed.
func ask(c *client) {
	requests := strings.Repeat("GET /health HTTP/1.1\r\nHost: test\r\n\r\n", 100)
	for {
		if _, err := io.WriteString(c, requests); err != nil {
			return
		}
	}
}

func TestIdleConnectionIsClosedByTheIdleTimeout(t *testing.T) {
	server := newServer(&drain{}, discard)
	server.IdleTimeout = 100 * time.Millisecond
	c := start(t, server)()
	c.get(t, "/health")
	c.closed(t)
}

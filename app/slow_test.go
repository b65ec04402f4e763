package main

import (
	"io"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// drip sends text again and again, a byte each 100 ms, and gives up after 1,000 s.
func drip(c *client, text string) {
	for i := range 10_000 {
		if _, err := c.Write([]byte{text[i%len(text)]}); err != nil {
			return
		}
		time.Sleep(100 * time.Millisecond)
	}
	_ = c.Close()
}

func TestSlowClientsAreClosedByTheTimeouts(t *testing.T) {
	const request = "GET /health HTTP/1.1\r\nHost: test\r\n"
	for name, test := range map[string]struct {
		atOnce, dripped string
		timeout         time.Duration
	}{
		"sends nothing":           {"", "", readHeaderTimeout},
		"drips a header":          {request + "X: ", "x", readHeaderTimeout},
		"drips header fields":     {request, "X: y\r\n", readHeaderTimeout},
		"drips a body":            {request + "Content-Length: 100000\r\n\r\n", "x", readTimeout},
		"drips chunks":            {request + "Transfer-Encoding: chunked\r\n\r\n", "1\r\nx\r\n", readTimeout},
		"is idle after a request": {request + "\r\n", "", idleTimeout},
		// The timeout counts from the 4th byte of the next request, which comes after 300 ms.
		"drips the next header": {request + "\r\n", request + "X: " + strings.Repeat("x", 1000), 300*time.Millisecond + readHeaderTimeout},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				server, _ := newService(discard)
				c := startInMemory(t, server)()
				begin := time.Now()
				var sending sync.WaitGroup
				defer sending.Wait()
				sending.Go(func() {
					_, _ = io.WriteString(c, test.atOnce)
					if test.dripped != "" {
						drip(c, test.dripped)
					}
				})
				_, _ = io.Copy(io.Discard, c.reader)
				if took := time.Since(begin); took != test.timeout {
					t.Errorf("closed after %v, want %v", took, test.timeout)
				}
			})
		})
	}
}

func TestClientThatNeverReadsIsClosedByTheWriteTimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server, _ := newService(discard)
		c := startInMemory(t, server)()
		begin := time.Now()
		for {
			if _, err := io.WriteString(c, "GET /health HTTP/1.1\r\nHost: test\r\n\r\n"); err != nil {
				break
			}
		}
		if took := time.Since(begin); took != writeTimeout {
			t.Errorf("closed after %v, want %v", took, writeTimeout)
		}
	})
}

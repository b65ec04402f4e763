package main

import (
	"bytes"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"
)

// slow_test.go has what each timeout does.
func TestServerLimitsAreSet(t *testing.T) {
	server, _ := newService(discard)
	for name, limit := range map[string]time.Duration{
		"ReadHeaderTimeout": server.ReadHeaderTimeout,
		"ReadTimeout":       server.ReadTimeout,
		"WriteTimeout":      server.WriteTimeout,
	} {
		if limit <= 0 {
			t.Errorf("%s is not set", name)
		}
	}
	if server.IdleTimeout <= 90*time.Second {
		t.Errorf("IdleTimeout %v is not above the 90 s of Traefik and of Go's clients", server.IdleTimeout)
	}
	if server.MaxHeaderBytes <= 0 || server.MaxHeaderBytes > http.DefaultMaxHeaderBytes {
		t.Errorf("MaxHeaderBytes is %d", server.MaxHeaderBytes)
	}
}

func TestRequestsThatNoRouterTestCanSend(t *testing.T) {
	for name, test := range map[string]struct {
		request string
		want    reply
	}{
		"OPTIONS *":           {"OPTIONS * HTTP/1.1\r\nHost: test\r\n\r\n", missing},
		"CONNECT":             {"CONNECT test:443 HTTP/1.1\r\nHost: test:443\r\n\r\n", missing},
		"a body on GET":       {"GET /health HTTP/1.1\r\nHost: test\r\nContent-Length: 2\r\n\r\nhi", healthy},
		"HTTP/1.0":            {"GET /ping HTTP/1.0\r\n\r\n", pong},
		"an absolute target":  {"GET http://test/ping HTTP/1.1\r\nHost: test\r\n\r\n", pong},
		"an escaped path":     {"GET /%68ealth HTTP/1.1\r\nHost: test\r\n\r\n", missing},
		"a percent-encoded /": {"GET /%2Fhealth HTTP/1.1\r\nHost: test\r\n\r\n", missing},
	} {
		t.Run(name, func(t *testing.T) {
			server, _ := newService(discard)
			c := dial(t, start(t, server))
			if _, err := io.WriteString(c, test.request); err != nil {
				t.Fatal(err)
			}
			if got, _ := c.read(t); got != test.want {
				t.Errorf("got %+v, want %+v", got, test.want)
			}
		})
	}
}

func TestLongHeaderIsRefused(t *testing.T) {
	server, _ := newService(discard)
	c := dial(t, start(t, server))
	// The server may answer before it has read all of it, and the write then fails.
	_, _ = io.WriteString(c, "GET / HTTP/1.1\r\nHost: test\r\nX: "+strings.Repeat("x", 2*maxHeaderBytes)+"\r\n\r\n")
	if got, _ := c.read(t); got.status != http.StatusRequestHeaderFieldsTooLarge {
		t.Errorf("got %+v", got)
	}
}

// lockedBuffer is a log that the server's goroutines write while the test reads it.
type lockedBuffer struct {
	mu     sync.Mutex
	buffer bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buffer.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buffer.String()
}

func TestPanicIsLoggedAndClosesOnlyItsConnection(t *testing.T) {
	log := &lockedBuffer{}
	server, _ := newService(slog.New(slog.NewJSONHandler(log, nil)))
	routes := server.Handler
	server.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/panic" {
			panic("oh no")
		}
		routes.ServeHTTP(w, r)
	})
	address := start(t, server)
	bystander, unlucky := dial(t, address), dial(t, address)
	bystander.get(t, "/")
	_, _ = io.WriteString(unlucky, "GET /panic HTTP/1.1\r\nHost: test\r\n\r\n")
	unlucky.closed(t)
	if got, _ := bystander.get(t, "/health"); got != healthy {
		t.Errorf("got %+v", got)
	}
	if line := log.String(); !strings.Contains(line, `"level":"ERROR"`) || !strings.Contains(line, "oh no") {
		t.Errorf("log: %s", line)
	}
}

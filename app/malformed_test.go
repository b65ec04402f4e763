package main

import (
	"errors"
	"io"
	"log/slog"
	"net"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var statusLine = regexp.MustCompile(`HTTP/1\.[01] (\d{3}) `)

// exchange sends bytes, ends its side of the connection and returns what the server sent until it closed its own.
func exchange(t testing.TB, address, sent string) string {
	t.Helper()
	c := dial(t, address)
	// The server may close the connection before it has read all of it, and the write then fails.
	_, _ = io.WriteString(c, sent)
	if tcp, ok := c.Conn.(*net.TCPConn); ok {
		_ = tcp.CloseWrite()
	}
	got, err := io.ReadAll(c.reader)
	if errors.Is(err, os.ErrDeadlineExceeded) {
		t.Fatalf("%q: neither answered nor closed within %v; got %q", sent, patience, got)
	}
	return string(got)
}

// statuses finds the status codes of pipelined answers. No answer's body looks like a status line.
func statuses(answers string) []string {
	found := []string{}
	for _, match := range statusLine.FindAllStringSubmatch(answers, -1) {
		found = append(found, match[1])
	}
	return found
}

// malformed is what a client may send that net/http's own client doesn't, and the statuses of the answers. Each of these
// connections is then closed.
//
// 501 and 505 are what RFC 9112 (6.1) and RFC 9110 (15.6.6) ask for. They come from net/http: no handler runs.
var malformed = map[string]struct {
	sent string
	want []string
}{
	"nothing":                 {"", nil},
	"an empty line":           {"\r\n", []string{"400"}},
	"NUL bytes":               {"\x00\x00\x00\x00\r\n\r\n", []string{"400"}},
	"a TLS hello":             {"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", []string{"400"}},
	"words":                   {"hello\r\n\r\n", []string{"400"}},
	"HTTP/0.9":                {"GET /health\r\n", []string{"400"}},
	"HTTP/0.9 with a version": {"GET /health HTTP/0.9\r\n\r\n", []string{"505"}},
	"HTTP/2's preface":        {"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", []string{"404"}},
	"HTTP/3.0":                {"GET / HTTP/3.0\r\nHost: a\r\n\r\n", []string{"505"}},
	"a version of letters":    {"GET / HTTP/x.y\r\nHost: a\r\n\r\n", []string{"400"}},
	"a huge version":          {"GET / HTTP/99999999999999999999.1\r\nHost: a\r\n\r\n", []string{"400"}},
	"a space in the method":   {"G ET / HTTP/1.1\r\nHost: a\r\n\r\n", []string{"400"}},
	"a method of brackets":    {"G[]T / HTTP/1.1\r\nHost: a\r\n\r\n", []string{"400"}},
	"NUL in the target":       {"GET /\x00 HTTP/1.1\r\nHost: a\r\n\r\n", []string{"400"}},
	"a bad escape":            {"GET /%zz HTTP/1.1\r\nHost: a\r\n\r\n", []string{"400"}},
	"a target without /":      {"GET health HTTP/1.1\r\nHost: a\r\n\r\n", []string{"400"}},
	"a huge port":             {"GET http://a:99999999999999999999/ HTTP/1.1\r\nHost: a\r\n\r\n", []string{"200"}},
	"no Host":                 {"GET / HTTP/1.1\r\n\r\n", []string{"400"}},
	"two Hosts":               {"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", []string{"400"}},
	"a malformed Host":        {"GET / HTTP/1.1\r\nHost: a b\r\n\r\n", []string{"400"}},
	"no colon":                {"GET / HTTP/1.1\r\nHost: a\r\nbroken\r\n\r\n", []string{"400"}},
	"an empty name":           {"GET / HTTP/1.1\r\nHost: a\r\n: x\r\n\r\n", []string{"400"}},
	"a space before a colon":  {"GET / HTTP/1.1\r\nHost: a\r\nContent-Length : 5\r\n\r\nhello", []string{"400"}},
	"NUL in a value":          {"GET / HTTP/1.1\r\nHost: a\r\nX: \x00\r\n\r\n", []string{"400"}},
	"a fold at the start":     {"GET / HTTP/1.1\r\n Host: a\r\n\r\n", []string{"400"}},
	"an unfinished header":    {"GET / HTTP/1.1\r\nHost: a\r\n", []string{"400"}},
	"an unknown expectation":  {"GET / HTTP/1.1\r\nHost: a\r\nExpect: 200-ok\r\n\r\n", []string{"417"}},

	"a negative length":      {"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n", []string{"400"}},
	"a length with a sign":   {"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: +1\r\n\r\nx", []string{"400"}},
	"a huge length":          {"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999999999999\r\n\r\n", []string{"400"}},
	"the largest length":     {"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 9223372036854775807\r\n\r\n", []string{"200"}},
	"two lengths":            {"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nxx", []string{"400"}},
	"a list of lengths":      {"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 1, 1\r\n\r\nx", []string{"400"}},
	"an unfinished body":     {"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nx", []string{"200"}},
	"an unknown coding":      {"GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip\r\n\r\n", []string{"501"}},
	"two codings":            {"GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", []string{"501"}},
	"a chunk of no length":   {"GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n\r\n", []string{"200"}},
	"a chunk of huge length": {"GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\n", []string{"200"}},
	"a chunk without an end": {"GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nxGET / HTTP/1.1\r\n\r\n", []string{"200"}},

	// A body ends where its chunks say, without chunks where its length says (RFC 9112, 6.3). What follows is a request.
	"length and chunks":         {"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /health HTTP/1.1\r\nHost: a\r\n\r\n", []string{"404", "200"}},
	"chunks and length":         {"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n5c\r\nGET / HTTP/1.1\r\n\r\n0\r\n\r\n", []string{"404"}},
	"a disguised coding":        {"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\nGET /health HTTP/1.1\r\nHost: a\r\n\r\n", []string{"501"}},
	"a coding after a tab":      {"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding:\tchunked\r\n\r\n0\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", []string{"404", "200"}},
	"a coding twice":            {"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n", []string{"501"}},
	"a request behind a body":   {"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\nxGET / HTTP/1.1\r\nHost: a\r\n\r\n", []string{"200", "200"}},
	"a request behind chunks":   {"GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", []string{"200", "200"}},
	"chunks on HTTP/1.0":        {"POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", []string{"404"}},
	"a request after a bad one": {"broken\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", []string{"400"}},

	"pipelined requests": {
		"GET / HTTP/1.1\r\nHost: a\r\n\r\nHEAD /ping HTTP/1.1\r\nHost: a\r\n\r\nGET /x HTTP/1.1\r\nHost: a\r\n\r\n",
		[]string{"200", "200", "404"},
	},
	"a pipeline that breaks": {"GET / HTTP/1.1\r\nHost: a\r\n\r\n\x00\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", []string{"200", "400"}},
	"1000 in a pipeline": {
		strings.Repeat("GET / HTTP/1.1\r\nHost: a\r\n\r\n", 1000),
		slices.Repeat([]string{"200"}, 1000),
	},
	"a long target":       {"GET /" + strings.Repeat("a", 2*maxHeaderBytes) + " HTTP/1.1\r\nHost: a\r\n\r\n", []string{"431"}},
	"a long method":       {strings.Repeat("A", 2*maxHeaderBytes) + " / HTTP/1.1\r\nHost: a\r\n\r\n", []string{"431"}},
	"a long field":        {"GET / HTTP/1.1\r\nHost: a\r\nX: " + strings.Repeat("x", 2*maxHeaderBytes) + "\r\n\r\n", []string{"431"}},
	"many fields":         {"GET / HTTP/1.1\r\nHost: a\r\n" + strings.Repeat("a:\n", maxHeaderBytes) + "\r\n", []string{"431"}},
	"a million lines":     {"GET / HTTP/1.1\r\nHost: a\r\n" + strings.Repeat("\n ", 1_000_000), []string{"200", "400"}},
	"a long body":         {"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\n" + strings.Repeat("x", 1_000_000), []string{"200"}},
	"a long chunked body": {"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n" + strings.Repeat("3e8\r\n"+strings.Repeat("x", 1000)+"\r\n", 1000), []string{"404"}},
}

func TestMalformedRequestsAreAnsweredOrClosed(t *testing.T) {
	log := &lockedBuffer{}
	server, _ := newService(slog.New(slog.NewJSONHandler(log, nil)))
	address := start(t, server)
	bystander := dial(t, address)
	answers := map[string]int{}
	for name, test := range malformed {
		t.Run(name, func(t *testing.T) {
			got := exchange(t, address, test.sent)
			if found := statuses(got); !slices.Equal(found, test.want) {
				t.Errorf("got %v, want %v: %.300q", found, test.want, got)
			}
			if answer, _ := bystander.get(t, "/health"); answer != healthy {
				t.Errorf("another connection: got %+v", answer)
			}
		})
		for _, status := range test.want {
			answers[status]++
		}
	}
	t.Logf("%d inputs, answers by status: %v", len(malformed), answers)
	if log.String() != "" {
		t.Errorf("logged: %s", log)
	}
}

// FuzzConnection sends raw bytes, which net/http's parser sees before the routes do.
func FuzzConnection(f *testing.F) {
	for _, seed := range malformed {
		if len(seed.sent) < 1000 {
			f.Add([]byte(seed.sent))
		}
	}
	log := &lockedBuffer{}
	server, _ := newService(slog.New(slog.NewJSONHandler(log, nil)))
	address := start(f, server)

	expected := []string{"200", "400", "404", "417", "431", "501", "505"}
	f.Fuzz(func(t *testing.T, sent []byte) {
		got := exchange(t, address, string(sent))
		for _, status := range statuses(got) {
			if !slices.Contains(expected, status) {
				t.Errorf("%q: got %s", sent, got)
			}
		}
		// net/http recovers from a panic and logs it.
		if log.String() != "" {
			t.Fatalf("%q: logged %s", sent, log)
		}
	})
}

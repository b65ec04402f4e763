package main

import (
	"bufio"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// reply is all of an answer that the service promises.
type reply struct {
	status      int
	contentType string
	body        string
}

var (
	hello    = reply{200, "text/html; charset=UTF-8", "Hello, Docker! <3"}
	healthy  = reply{200, "application/json", `{"Status":"OK"}`}
	draining = reply{503, "application/json", `{"Status":"Draining"}`}
	pong     = reply{200, "application/json", `{"message":"pong"}`}
	missing  = reply{404, "application/json", `{"message":"Not Found"}`}
)

func always() bool { return true }
func never() bool  { return false }

// serve sends request through handler and net/http's own response writer, as HEAD and Content-Length depend on it.
func serve(t *testing.T, handler http.Handler, method, target string) (reply, http.Header) {
	t.Helper()
	server := httptest.NewServer(handler)
	defer server.Close()
	request, err := http.NewRequest(method, server.URL+target, nil)
	if err != nil {
		t.Fatal(err)
	}
	response, err := server.Client().Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return reply{response.StatusCode, response.Header.Get("Content-Type"), string(body)}, response.Header
}

func TestAnswers(t *testing.T) {
	for _, test := range []struct {
		method, target string
		draining       func() bool
		want           reply
	}{
		{"GET", "/", never, hello},
		{"GET", "/health", never, healthy},
		{"GET", "/ping", never, pong},
		{"GET", "/health?verbose=1", never, healthy},

		{"GET", "/health", always, draining},
		{"GET", "/", always, hello},
		{"GET", "/ping", always, pong},

		{"GET", "/nothing", never, missing},
		{"GET", "/health/", never, missing},
		{"GET", "//health", never, missing},
		{"GET", "/Health", never, missing},
		{"GET", "/heal", never, missing},
		{"GET", "/ping/../health", never, missing},
		{"GET", "/%2e%2e/etc/passwd", never, missing},

		{"POST", "/", never, missing},
		{"PUT", "/health", never, missing},
		{"DELETE", "/ping", never, missing},
		{"OPTIONS", "/health", never, missing},
		{"TRACE", "/health", never, missing},
		{"BREW", "/health", never, missing},
	} {
		t.Run(test.method+" "+test.target, func(t *testing.T) {
			got, _ := serve(t, newHandler(test.draining, discard), test.method, test.target)
			if got != test.want {
				t.Errorf("got %+v, want %+v", got, test.want)
			}
		})
	}
}

func TestHeadAnswersAsGetWithoutBody(t *testing.T) {
	handler := newHandler(never, discard)
	for _, target := range []string{"/", "/health", "/ping", "/nothing"} {
		got, gotHeader := serve(t, handler, "GET", target)
		head, headHeader := serve(t, handler, "HEAD", target)
		if want := (reply{got.status, got.contentType, ""}); head != want {
			t.Errorf("HEAD %s: got %+v, want %+v", target, head, want)
		}
		if a, b := headHeader.Get("Content-Length"), gotHeader.Get("Content-Length"); a != b {
			t.Errorf("HEAD %s: Content-Length %s, want GET's %s", target, a, b)
		}
	}
}

// FuzzAnswers reads a request line as the server does; what net/http itself refuses never reaches the routes.
func FuzzAnswers(f *testing.F) {
	for _, method := range []string{"GET", "HEAD", "POST", "OPTIONS", "CONNECT", "PRI"} {
		for _, target := range []string{"/", "/health", "/ping?a=b", "/%68ealth", "*", "/:x", "/*", "http://h", "//", "/\xff"} {
			f.Add(method, target, false)
		}
	}
	states := map[bool]struct {
		handler http.Handler
		health  reply
	}{
		false: {newHandler(never, discard), healthy},
		true:  {newHandler(always, discard), draining},
	}
	f.Fuzz(func(t *testing.T, method, target string, isDraining bool) {
		line := method + " " + target + " HTTP/1.1\r\nHost: test\r\n\r\n"
		request, err := http.ReadRequest(bufio.NewReader(strings.NewReader(line)))
		if err != nil {
			return
		}
		want := missing
		if request.Method == "GET" || request.Method == "HEAD" {
			switch request.URL.EscapedPath() {
			case "/":
				want = hello
			case "/health":
				want = states[isDraining].health
			case "/ping":
				want = pong
			}
		}
		recorder := httptest.NewRecorder()
		states[isDraining].handler.ServeHTTP(recorder, request)
		got := reply{recorder.Code, recorder.Header().Get("Content-Type"), recorder.Body.String()}
		if got != want {
			t.Fatalf("%q: got %+v, want %+v", line, got, want)
		}
	})
}

// sink is a response writer without the recorder's cost.
type sink struct{ header http.Header }

func (s *sink) Header() http.Header         { return s.header }
func (s *sink) Write(b []byte) (int, error) { return len(b), nil }
func (s *sink) WriteHeader(int)             {}

func BenchmarkAnswers(b *testing.B) {
	handler := newHandler(never, discard)
	for _, target := range []string{"/", "/health", "/ping", "/nothing"} {
		b.Run(target, func(b *testing.B) {
			request := httptest.NewRequest("GET", target, nil)
			b.ReportAllocs()
			b.RunParallel(func(pb *testing.PB) {
				request := request.Clone(request.Context())
				w := &sink{http.Header{}}
				for pb.Next() {
					clear(w.header)
					handler.ServeHTTP(w, request)
				}
			})
		})
	}
}

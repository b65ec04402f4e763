package main

import (
	"net/http/httptest"
	"path/filepath"
	"testing"
)

func TestRoutes(t *testing.T) {
	for target, want := range map[string]struct {
		status int
		body   string
	}{
		"/":        {200, "Servus\n"},
		"/healthz": {200, "ok\n"},
		"/livez":   {200, "ok\n"},
		"/args":    {200, "a $(B)\n"},
		"/health":  {404, "404 page not found\n"},
		"/write?file=" + filepath.Join(t.TempDir(), "new"): {200, "<nil>\n"},
		"/write?file=/nowhere/new":                         {200, "open /nowhere/new: no such file or directory\n"},
		"/metrics":                                         {200, "# TYPE greeter_greetings_total counter\ngreeter_greetings_total 0\n# TYPE greeter_liveness_total counter\ngreeter_liveness_total 0\n"},
	} {
		handler := routes("Servus", []string{"a", "$(B)"}, 0)
		recorder := httptest.NewRecorder()
		handler.ServeHTTP(recorder, httptest.NewRequest("GET", target, nil))
		if recorder.Code != want.status || recorder.Body.String() != want.body {
			t.Errorf("%s: got %d %q, want %+v", target, recorder.Code, recorder.Body, want)
		}
	}
}

func TestGRPCRoutes(t *testing.T) {
	recorder := httptest.NewRecorder()
	grpcRoutes().ServeHTTP(recorder, httptest.NewRequest("POST", "/grpc.health.v1.Health/Check", nil))
	response := recorder.Result()
	if recorder.Body.String() != "\x00\x00\x00\x00\x02\x08\x01" || response.Trailer.Get("Grpc-Status") != "0" {
		t.Errorf("got %q with the trailers %v", recorder.Body, response.Trailer)
	}
}

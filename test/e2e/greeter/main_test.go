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
		"/health":  {404, "404 page not found\n"},
		"/write?file=" + filepath.Join(t.TempDir(), "new"): {200, "<nil>\n"},
		"/write?file=/nowhere/new":                         {200, "open /nowhere/new: no such file or directory\n"},
		"/metrics":                                         {200, "# TYPE greeter_greetings_total counter\ngreeter_greetings_total 0\n"},
	} {
		handler := routes("Servus")
		recorder := httptest.NewRecorder()
		handler.ServeHTTP(recorder, httptest.NewRequest("GET", target, nil))
		if recorder.Code != want.status || recorder.Body.String() != want.body {
			t.Errorf("%s: got %d %q, want %+v", target, recorder.Code, recorder.Body, want)
		}
	}
}

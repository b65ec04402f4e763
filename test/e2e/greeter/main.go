// Command greeter is a second service, unlike the project's own wherever a service may differ: no framework, another
// port, another health path, settings from the environment, metrics, a migration. The end-to-end suites deploy it by
// configuration alone.
package main

import (
	"cmp"
	"context"
	"fmt"
	"log"
	"net/http"
	"os"
	"os/signal"
	"sync/atomic"
	"syscall"
	"time"
)

func main() {
	if len(os.Args) > 1 && os.Args[1] == "migrate" {
		migrate(os.Args[2:])
		return
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	server := &http.Server{
		Addr:              ":" + cmp.Or(os.Getenv("PORT"), "9090"),
		Handler:           routes(cmp.Or(os.Getenv("GREETING"), "Hello")),
		ReadHeaderTimeout: 5 * time.Second,
		IdleTimeout:       100 * time.Second,
	}
	failed := make(chan error, 1)
	go func() { failed <- server.ListenAndServe() }()
	log.Printf("greeter listens on %s", server.Addr)

	select {
	case err := <-failed:
		log.Fatal(err)
	case <-ctx.Done():
	}
	deadline, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	if err := server.Shutdown(deadline); err != nil {
		log.Fatalf("requests in flight were cut off: %v", err)
	}
}

// migrate stands for the change of a database's schema. It fails if it is given reasons, each a line.
func migrate(reasons []string) {
	for _, reason := range reasons {
		log.Print(reason)
	}
	if len(reasons) > 0 {
		os.Exit(1)
	}
	log.Print("migrated")
}

// routes answers / with greeting, /healthz, /metrics in Prometheus' text format, and /write?file=PATH with the error of
// writing there. It must not answer /health: a probe that ignores the configured path has to fail here.
func routes(greeting string) http.Handler {
	var greetings atomic.Int64
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) {
		_, _ = fmt.Fprintln(w, "ok")
	})
	mux.HandleFunc("GET /metrics", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
		_, _ = fmt.Fprintf(w, "# TYPE greeter_greetings_total counter\ngreeter_greetings_total %d\n", greetings.Load())
	})
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, _ *http.Request) {
		greetings.Add(1)
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		_, _ = fmt.Fprintln(w, greeting)
	})
	mux.HandleFunc("GET /write", func(w http.ResponseWriter, r *http.Request) {
		_, _ = fmt.Fprintln(w, os.WriteFile(r.FormValue("file"), nil, 0o600))
	})
	return mux
}

// Command greeter is a second service, unlike the project's own wherever a service may differ: no framework, another
// port, other health paths, settings from the environment and from arguments, metrics, a migration, or gRPC in place of all
// that. The end-to-end suites deploy it by configuration alone.
package main

import (
	"cmp"
	"context"
	"flag"
	"fmt"
	"io"
	"log"
	"net/http"
	"os"
	"os/signal"
	"strings"
	"sync/atomic"
	"syscall"
	"time"
)

func main() {
	if len(os.Args) > 1 && (os.Args[1] == "migrate" || os.Args[1] == "drop") {
		change(os.Args[1], os.Args[2:])
		return
	}
	overGRPC := flag.Bool("grpc", false, "speak gRPC alone")
	startAfter := flag.Duration("start-after", 0, "how long the start takes")
	healthTakes := flag.Duration("health-takes", 0, "how long the answer of /healthz takes")
	flag.Parse()
	time.Sleep(*startAfter)
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	server := &http.Server{
		Addr:              ":" + cmp.Or(os.Getenv("PORT"), "9090"),
		Handler:           routes(cmp.Or(os.Getenv("GREETING"), "Hello"), flag.Args(), *healthTakes),
		ReadHeaderTimeout: 5 * time.Second,
		IdleTimeout:       100 * time.Second,
	}
	if *overGRPC {
		server.Handler = grpcRoutes()
		server.Protocols = new(http.Protocols)
		server.Protocols.SetUnencryptedHTTP2(true)
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

// change stands for the change or the removal of a database's schema. It fails if it is given reasons, each a line.
func change(how string, reasons []string) {
	log.Printf("%s schema %s", how, cmp.Or(os.Getenv("SCHEMA"), "public"))
	for _, reason := range reasons {
		log.Print(reason)
	}
	if len(reasons) > 0 {
		os.Exit(1)
	}
	log.Print("done")
}

// routes answers / with greeting, /args with args, /healthz, /livez, /metrics in Prometheus' text format, and
// /write?file=PATH with the error of writing there. It must not answer /health: a probe that ignores the configured path has to fail here.
func routes(greeting string, args []string, healthTakes time.Duration) http.Handler {
	var greetings, liveness atomic.Int64
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) {
		time.Sleep(healthTakes)
		_, _ = fmt.Fprintln(w, "ok")
	})
	mux.HandleFunc("GET /livez", func(w http.ResponseWriter, _ *http.Request) {
		liveness.Add(1)
		_, _ = fmt.Fprintln(w, "ok")
	})
	mux.HandleFunc("GET /args", func(w http.ResponseWriter, _ *http.Request) {
		_, _ = fmt.Fprintln(w, strings.Join(args, " "))
	})
	mux.HandleFunc("GET /metrics", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
		_, _ = fmt.Fprintf(w, "# TYPE greeter_greetings_total counter\ngreeter_greetings_total %d\n", greetings.Load())
		_, _ = fmt.Fprintf(w, "# TYPE greeter_liveness_total counter\ngreeter_liveness_total %d\n", liveness.Load())
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

// grpcRoutes answers what a kubelet's probe over gRPC asks, in the bytes that a server of google.golang.org/grpc sends:
// an uncompressed message of two bytes, in which field 1, the status, is SERVING.
func grpcRoutes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /grpc.health.v1.Health/Check", func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		w.Header().Set("Content-Type", "application/grpc")
		w.Header().Set("Trailer", "Grpc-Status")
		_, _ = w.Write([]byte{0, 0, 0, 0, 2, 1 << 3, 1})
		w.Header().Set("Grpc-Status", "0")
	})
	return mux
}

// Command nethttp is the least that answers /health as the service does: net/http alone, the same timeouts, the same
// bytes. It is the service's peer in the throughput benchmark and in the comparison of image sizes.
package main

import (
	"log"
	"net/http"
	"os"
	"time"
)

func main() {
	body := []byte(`{"Status":"OK"}`)
	mux := http.NewServeMux()
	mux.HandleFunc("GET /health", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write(body)
	})
	server := &http.Server{
		Addr:              ":" + os.Getenv("PORT"),
		Handler:           mux,
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       5 * time.Second,
		WriteTimeout:      5 * time.Second,
		IdleTimeout:       100 * time.Second,
		MaxHeaderBytes:    16 << 10,
	}
	log.Fatal(server.ListenAndServe())
}

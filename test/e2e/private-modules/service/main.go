// Command service answers with a text of a private module. The suite private-modules builds and deploys it.
package main

import (
	"fmt"
	"log"
	"net/http"
	"os"
	"time"

	"git.example.com/team/words"
)

// name is the build argument NAME.
var name = "nobody"

func main() {
	http.HandleFunc("GET /health", func(http.ResponseWriter, *http.Request) {})
	http.HandleFunc("GET /{$}", func(w http.ResponseWriter, _ *http.Request) {
		_, _ = fmt.Fprintf(w, "%s, %s, stage %s", words.Greeting, name, os.Getenv("STAGE"))
	})
	server := &http.Server{Addr: ":" + os.Getenv("PORT"), ReadHeaderTimeout: 5 * time.Second}
	log.Fatal(server.ListenAndServe())
}

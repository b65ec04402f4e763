// Command echologger answers /health the way Echo's own introduction does: c.JSON behind the request logger, which
// writes a JSON line for each request to stdout. It is the service's peer in the throughput benchmark.
package main

import (
	"log"
	"net/http"
	"os"
	"time"

	"github.com/labstack/echo/v5"
	"github.com/labstack/echo/v5/middleware"
)

func main() {
	e := echo.New()
	e.Use(middleware.RequestLogger())
	e.GET("/health", func(c *echo.Context) error {
		return c.JSON(http.StatusOK, struct{ Status string }{"OK"})
	})
	server := &http.Server{
		Addr:              ":" + os.Getenv("PORT"),
		Handler:           e,
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       5 * time.Second,
		WriteTimeout:      5 * time.Second,
		IdleTimeout:       100 * time.Second,
		MaxHeaderBytes:    16 << 10,
	}
	log.Fatal(server.ListenAndServe())
}

package main

import (
	"log/slog"
	"net/http"

	"github.com/labstack/echo/v5"
)

// The service's answers never change, so they are kept as bytes: encoding JSON for each request costs throughput and
// buys nothing.
var (
	helloBody    = []byte("Hello, Docker! <3")
	healthyBody  = []byte(`{"Status":"OK"}`)
	drainingBody = []byte(`{"Status":"Draining"}`)
	pongBody     = []byte(`{"message":"pong"}`)
	notFoundBody = []byte(`{"message":"Not Found"}`)
)

// newHandler returns the service's routes. Paths match exactly, GET and HEAD are the only methods, and everything else
// is 404. While draining reports true, /health answers 503, which takes the pod out of its Service.
func newHandler(draining func() bool, logger *slog.Logger) http.Handler {
	router := echo.NewRouter(echo.RouterConfig{
		NotFoundHandler: notFound,
		// Echo's own answers here are 405 and 204; the service promises one answer for all it doesn't know.
		MethodNotAllowedHandler: notFound,
		OptionsMethodHandler:    notFound,
	})
	e := echo.NewWithConfig(echo.Config{Logger: logger, Router: router})
	e.Use(closeConnections(draining))

	// HEAD shares GET's handler: net/http counts the body for Content-Length and sends none of it.
	readOnly := []string{http.MethodGet, http.MethodHead}
	e.Match(readOnly, "/", answer(http.StatusOK, echo.MIMETextHTMLCharsetUTF8, helloBody))
	e.Match(readOnly, "/ping", answer(http.StatusOK, echo.MIMEApplicationJSON, pongBody))
	e.Match(readOnly, "/health", func(c *echo.Context) error {
		if draining() {
			return c.JSONBlob(http.StatusServiceUnavailable, drainingBody)
		}
		return c.JSONBlob(http.StatusOK, healthyBody)
	})
	return e
}

func answer(status int, contentType string, body []byte) echo.HandlerFunc {
	return func(c *echo.Context) error { return c.Blob(status, contentType, body) }
}

func notFound(c *echo.Context) error {
	return c.JSONBlob(http.StatusNotFound, notFoundBody)
}

// Command ping is a small stateless HTTP service: a greeting, a health check and a ping.
package main

import (
	"fmt"
	"log/slog"
	"net"
	"os"
	"os/signal"
	"runtime/debug"
	"strconv"
	"syscall"
)

// main serves until SIGTERM or SIGINT and then drains. Exit code 0 means that every request was answered, 1 that the
// service did not start or did not stop cleanly; the last log line says why.
func main() {
	limitMemory()
	logger := slog.New(slog.NewJSONHandler(os.Stdout, nil))
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, syscall.SIGTERM, syscall.SIGINT)
	if err := run(os.Getenv("PORT"), signals, logger); err != nil {
		logger.Error("failed", "error", err.Error())
		os.Exit(1)
	}
}

// run serves on port, the value of PORT, until the first of signals, and drains until the second.
func run(port string, signals <-chan os.Signal, logger *slog.Logger) error {
	number, err := parsePort(port)
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", ":"+strconv.Itoa(number))
	if err != nil {
		return fmt.Errorf("can't listen on PORT=%d, choose another: %w", number, err)
	}

	limited, err := limitConnections(listener.(*net.TCPListener), maxConnections)
	if err != nil {
		return err
	}

	d := &drain{}
	server := newServer(d, logger)
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(limited) }()

	info, _ := debug.ReadBuildInfo()
	b := describeBuild(version, info)
	logger.Info("listening", "port", number, "version", b.version, "commit", b.commit, "go", b.goVersion)

	select {
	case err := <-failed:
		return err
	case first := <-signals:
		logger.Info("draining", "signal", first.String(), "connections", d.open.Load())
	}

	stopped := make(chan error, 1)
	go func() { stopped <- d.stop(server, drainPeriod, shutdownTimeout) }()
	select {
	case err := <-stopped:
		if err == nil {
			logger.Info("stopped")
		}
		return err
	case second := <-signals:
		_ = server.Close()
		return fmt.Errorf("second signal (%s) ended the drain: requests in flight were cut off", second)
	}
}

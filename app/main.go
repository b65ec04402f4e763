// Command ping is a small stateless HTTP service: a greeting, a health check and a ping.
package main

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"os"
	"os/signal"
	"runtime/debug"
	"strconv"
	"sync/atomic"
	"syscall"
)

// main serves until SIGTERM or SIGINT and then drains; a second signal ends the process at once. Exit code 0 means that
// every request was answered, 1 that the service did not start or did not stop cleanly. The last log line says why.
func main() {
	logger := slog.New(slog.NewJSONHandler(os.Stdout, nil))
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	context.AfterFunc(ctx, stop) // gives the signals their usual effect back
	if err := run(ctx, os.Getenv("PORT"), logger); err != nil {
		logger.Error("failed", "error", err.Error())
		os.Exit(1)
	}
}

// run serves on port, the value of PORT, until ctx is done, and then drains.
func run(ctx context.Context, port string, logger *slog.Logger) error {
	number, err := parsePort(port)
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", ":"+strconv.Itoa(number))
	if err != nil {
		return fmt.Errorf("can't listen on PORT=%d, choose another: %w", number, err)
	}

	var draining atomic.Bool
	server := newServer(newHandler(draining.Load, logger), logger)
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(listener) }()

	info, _ := debug.ReadBuildInfo()
	b := describeBuild(version, info)
	logger.Info("listening", "port", number, "version", b.version, "commit", b.commit, "go", b.goVersion)

	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
	}
	logger.Info("draining", "cause", context.Cause(ctx).Error(), "period", drainPeriod.String())
	if err := drain(server, &draining, drainPeriod, shutdownTimeout); err != nil {
		return err
	}
	logger.Info("stopped")
	return nil
}

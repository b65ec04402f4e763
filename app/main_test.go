package main

import (
	"encoding/json"
	"log/slog"
	"net"
	"os"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

// freePort returns a port that was free a moment ago.
func freePort(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", ":0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	return strconv.Itoa(listener.Addr().(*net.TCPAddr).Port)
}

// launch starts run and waits until it listens.
func launch(t *testing.T) (port string, log *lockedBuffer, signals chan os.Signal, result chan error) {
	t.Helper()
	port, log = freePort(t), &lockedBuffer{}
	signals, result = make(chan os.Signal, 2), make(chan error, 1)
	go func() { result <- run(port, signals, slog.New(slog.NewJSONHandler(log, nil))) }()
	await(t, "listening", func() bool { return strings.Contains(log.String(), `"listening"`) })
	return port, log, signals, result
}

func dial(t *testing.T, port string) *client {
	t.Helper()
	conn, err := net.Dial("tcp", "127.0.0.1:"+port)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return newClient(conn)
}

func TestRunLogsStartAndStopAsJSON(t *testing.T) {
	port, log, signals, result := launch(t)
	signals <- syscall.SIGTERM
	if err := wait(t, result); err != nil {
		t.Fatal(err)
	}

	var messages []string
	for line := range strings.Lines(log.String()) {
		var record map[string]any
		if err := json.Unmarshal([]byte(line), &record); err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		messages = append(messages, record["msg"].(string))
		if record["msg"] != "listening" {
			continue
		}
		if got := record["port"]; strconv.Itoa(int(got.(float64))) != port {
			t.Errorf("port %v, want %s", got, port)
		}
		for _, key := range []string{"version", "commit", "go"} {
			if value, ok := record[key].(string); !ok || value == "" {
				t.Errorf("%s is %v", key, record[key])
			}
		}
	}
	if got := strings.Join(messages, " "); got != "listening draining stopped" {
		t.Errorf("log messages: %s", got)
	}
}

func TestRunRefusesAWrongPort(t *testing.T) {
	err := run("http", nil, discard)
	if err == nil || !strings.Contains(err.Error(), `PORT="http"`) {
		t.Errorf("got %v", err)
	}
}

func TestRunRefusesAPortInUse(t *testing.T) {
	listener, err := net.Listen("tcp", ":0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	port := strconv.Itoa(listener.Addr().(*net.TCPAddr).Port)
	err = run(port, nil, discard)
	if err == nil || !strings.Contains(err.Error(), "PORT="+port) || !strings.Contains(err.Error(), "address already in use") {
		t.Errorf("got %v", err)
	}
}

func TestSecondSignalEndsTheDrainWithAnError(t *testing.T) {
	port, log, signals, result := launch(t)
	c := dial(t, port)
	c.get(t, "/")
	signals <- syscall.SIGTERM
	await(t, "draining", func() bool { return strings.Contains(log.String(), `"draining"`) })
	signals <- syscall.SIGINT
	err := wait(t, result)
	if err == nil || !strings.Contains(err.Error(), "second signal (interrupt)") {
		t.Errorf("got %v", err)
	}
	c.closed(t)
}

package main

import (
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime/debug"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// residentLimit is what the container's 64 MiB leave for the process beside the kernel's buffers and sockets.
const residentLimit = 64<<20 - maxConnections*(2*2*socketBuffer+2<<10)

// buildService builds the binary as the image's build does. With the race detector it would take many times the memory.
func buildService(t *testing.T) string {
	t.Helper()
	binary := filepath.Join(t.TempDir(), "ping")
	build := exec.Command("go", "build", "-trimpath", "-ldflags=-s -w", "-o", binary, ".")
	build.Env = append(os.Environ(), "CGO_ENABLED=0", "GOFLAGS=")
	if output, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, output)
	}
	return binary
}

// service is the real binary, in a process of its own.
type service struct {
	pid     int
	address string
}

func runService(t *testing.T, binary string) service {
	t.Helper()
	port := freePort(t)
	log := &lockedBuffer{}
	process := exec.Command(binary)
	process.Env = append(os.Environ(), "PORT="+port, "GOMEMLIMIT=")
	process.Stdout, process.Stderr = log, log
	if err := process.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = process.Process.Kill()
		_ = process.Wait()
	})
	await(t, "listening", func() bool { return strings.Contains(log.String(), `"listening"`) })
	return service{process.Process.Pid, "127.0.0.1:" + port}
}

// resident is the largest resident set size that the process has had, in bytes: VmHWM of proc(5).
func (s service) resident(t *testing.T) int {
	t.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", s.pid))
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(status)) {
		if value, found := strings.CutPrefix(line, "VmHWM:"); found {
			kilobytes, err := strconv.Atoi(strings.TrimSuffix(strings.TrimSpace(value), " kB"))
			if err != nil {
				t.Fatal(err)
			}
			return kilobytes << 10
		}
	}
	t.Fatal("no VmHWM")
	return 0
}

// probe asks for /health on a connection of its own, as the kubelet does.
func (s service) probe() (time.Duration, error) {
	begin := time.Now()
	conn, err := net.DialTimeout("tcp", s.address, patience)
	if err != nil {
		return 0, err
	}
	defer conn.Close()
	c := newClient(conn)
	_, _ = io.WriteString(c, "GET /health HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n")
	answer, err := io.ReadAll(c.reader)
	if err == nil && !strings.HasPrefix(string(answer), "HTTP/1.1 200 ") {
		err = fmt.Errorf("got %q", answer)
	}
	return time.Since(begin), err
}

// hold opens connections, sends on each, and leaves them open until the test ends. It returns how many answered, where
// an answer is asked for.
func (s service) hold(t *testing.T, connections int, sent string, answered bool) int64 {
	t.Helper()
	conns := make([]net.Conn, connections)
	var next, answers atomic.Int64
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			for i := next.Add(1) - 1; i < int64(connections); i = next.Add(1) - 1 {
				conn, err := net.DialTimeout("tcp", s.address, patience)
				if err != nil {
					t.Errorf("connection %d: %v", i, err)
					return
				}
				conns[i] = conn
				_ = conn.(*net.TCPConn).SetReadBuffer(socketBuffer)
				_ = conn.SetDeadline(time.Now().Add(patience))
				_, _ = io.WriteString(conn, sent)
				if answered {
					if n, _ := conn.Read(make([]byte, 512)); n > 0 {
						answers.Add(1)
					}
				}
			}
		})
	}
	group.Wait()
	t.Cleanup(func() {
		for _, conn := range conns {
			if conn != nil {
				_ = conn.Close()
			}
		}
	})
	return answers.Load()
}

func TestMemoryIsBoundedUnderFloods(t *testing.T) {
	t.Parallel()
	if _, err := os.Stat("/proc/self/status"); err != nil {
		t.Skipf("memory is read from /proc: %v", err)
	}
	const request = "GET /health HTTP/1.1\r\nHost: test\r\n"
	header := func(line string, count int) string {
		var b strings.Builder
		for i := range count {
			fmt.Fprintf(&b, line, i)
		}
		return request + b.String()
	}
	binary := buildService(t)
	for _, test := range []struct {
		name        string
		connections int
		sent        string
		answered    bool
	}{
		{"never send a byte", 10_000, "", false},
		{"idle after a request", 10_000, request + "\r\n", true},
		{"an unfinished header", 2_000, request + "X: y", false},
		{"an unfinished header of one long field", 2_000, request + "X: " + strings.Repeat("x", maxHeaderBytes+4000), false},
		{"an unfinished header of the most fields", 2_000, header("X%02d: "+strings.Repeat("x", 180)+"\r\n", maxHeaderLines-2), false},
		{"an unfinished header of tiny fields", 2_000, header("%x:\n", 3000), true},
		{"an unfinished body", 2_000, request + "Content-Length: 100000\r\n\r\n" + strings.Repeat("x", 5000), true},
		{"pipelines that nobody reads", 1_000, strings.Repeat(request+"\r\n", 100), false},
	} {
		t.Run(test.name, func(t *testing.T) {
			var limit syscall.Rlimit
			if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
				t.Fatal(err)
			}
			// Go has raised the limit as far as it may by itself.
			if need := uint64(test.connections + 200); limit.Cur < need {
				t.Skipf("needs %d open files, the limit is %d: raise it with ulimit -n", need, limit.Cur)
			}
			s := runService(t, binary)
			before := s.resident(t)

			// The kubelet goes on asking.
			done := make(chan struct{})
			probed := make(chan []time.Duration)
			go func() {
				var took []time.Duration
				defer func() { probed <- took }()
				for {
					each, err := s.probe()
					if err != nil {
						t.Errorf("probe %d: %v", len(took), err)
					}
					took = append(took, each)
					select {
					case <-done:
						return
					case <-time.After(50 * time.Millisecond):
					}
				}
			}()
			begin := time.Now()
			answers := s.hold(t, test.connections, test.sent, test.answered)
			opened := time.Since(begin)
			close(done)
			took := <-probed
			slowest := took[0]
			for _, each := range took {
				slowest = max(slowest, each)
			}

			after := s.resident(t)
			t.Logf("%d connections in %v, %d answered; resident %.1f MiB, %.1f before; %d probes answered, the slowest in %v",
				test.connections, opened.Round(time.Millisecond), answers, float64(after)/(1<<20), float64(before)/(1<<20),
				len(took), slowest.Round(time.Millisecond))
			if after > residentLimit {
				t.Errorf("resident %d bytes, want at most %d", after, residentLimit)
			}
			if test.answered && answers != int64(test.connections) {
				t.Errorf("%d of %d answered", answers, test.connections)
			}
		})
	}
}

func TestMemoryLimitIsSetUnlessTheEnvironmentHasOne(t *testing.T) {
	unlimited := debug.SetMemoryLimit(-1)
	defer debug.SetMemoryLimit(unlimited)
	for variable, want := range map[string]int64{"": memoryLimit, "1GiB": unlimited} {
		debug.SetMemoryLimit(unlimited)
		t.Setenv("GOMEMLIMIT", variable)
		limitMemory()
		if got := debug.SetMemoryLimit(-1); got != want {
			t.Errorf("GOMEMLIMIT=%q: got %d, want %d", variable, got, want)
		}
	}
}

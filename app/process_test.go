package main

import (
	"encoding/json"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// containerMemory is the container's default memory limit in bytes (infra/config/schema.ts). The kernel kills a process that
// exceeds it. GOMEMLIMIT is 90 % of it, as the program sets it (infra/service/pod/memory-limit.ts).
const containerMemory = 64 << 20

// TestProcess tests the real binary in a process of its own: exit codes, the log, signals, memory.
func TestProcess(t *testing.T) {
	binary := buildBinary(t)
	t.Run("a wrong PORT ends it with exit code 1", func(t *testing.T) {
		t.Parallel()
		p := launch(t, binary, "http")
		if code := p.exit(t); code != 1 {
			t.Errorf("exit code %d", code)
		}
		if log := p.log.String(); !strings.Contains(log, `"level":"ERROR"`) || !strings.Contains(log, `PORT=\"http\"`) {
			t.Errorf("log: %s", log)
		}
	})
	t.Run("a PORT in use ends it with exit code 1", func(t *testing.T) {
		t.Parallel()
		listener, err := net.Listen("tcp", ":0")
		if err != nil {
			t.Fatal(err)
		}
		defer listener.Close()
		port := portOf(t, listener)
		p := launch(t, binary, port)
		if code := p.exit(t); code != 1 {
			t.Errorf("exit code %d", code)
		}
		if log := p.log.String(); !strings.Contains(log, "PORT="+port) || !strings.Contains(log, "address already in use") {
			t.Errorf("log: %s", log)
		}
	})
	t.Run("a second signal ends it at once", func(t *testing.T) {
		t.Parallel()
		p := launch(t, binary, freePort(t))
		p.logs(t, "listening")
		_ = p.command.Process.Signal(syscall.SIGTERM)
		p.logs(t, "draining")
		// The first signal's handler is gone a moment after the log line.
		begin := time.Now()
		for p.running() && time.Since(begin) < drainPeriod/2 {
			_ = p.command.Process.Signal(syscall.SIGTERM)
			time.Sleep(10 * time.Millisecond)
		}
		p.exit(t)
		if strings.Contains(p.log.String(), `"stopped"`) {
			t.Errorf("it drained: %s", p.log)
		}
	})
	t.Run("2000 keep-alive clients lose no request until it has drained", func(t *testing.T) {
		t.Parallel()
		testKeepAliveClients(t, binary)
	})
}

// keepAliveClients is how many connections are open at once, each with a second between its requests.
const keepAliveClients = 2000

func testKeepAliveClients(t *testing.T, binary string) {
	// Go has raised the soft limit to the hard one.
	var files syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &files); err != nil || files.Cur < keepAliveClients+200 {
		t.Skipf("needs %d open files: raise the limit with ulimit -n (%d, %v)", keepAliveClients+200, files.Cur, err)
	}
	port := freePort(t)
	p := launch(t, binary, port)
	p.logs(t, "listening")
	before := p.resident(t, "VmRSS")

	var answered, lost, left atomic.Int64
	var clients sync.WaitGroup
	for i := range keepAliveClients {
		c := dial(t, "127.0.0.1:"+port)
		clients.Go(func() {
			time.Sleep(time.Duration(i) * time.Second / keepAliveClients)
			for {
				_ = c.SetDeadline(time.Now().Add(patience))
				got, response, err := c.ask("/health")
				if err != nil || got != healthy && got != draining {
					t.Errorf("client %d: got %+v, %v", i, got, err)
					lost.Add(1)
					return
				}
				answered.Add(1)
				if response.Close {
					left.Add(1)
					return
				}
				time.Sleep(time.Second)
			}
		})
	}
	await(t, "two rounds of answers", func() bool { return answered.Load() >= 2*keepAliveClients || lost.Load() > 0 })
	each := (p.resident(t, "VmRSS") - before) / keepAliveClients
	_ = p.command.Process.Signal(syscall.SIGTERM)
	clients.Wait()
	peak := p.resident(t, "VmHWM")
	if code := p.exit(t); code != 0 {
		t.Errorf("exit code %d", code)
	}

	t.Logf("%d clients: %d answers, %d lost; resident %d bytes before, %d a connection, %d at most", keepAliveClients, answered.Load(), lost.Load(), before, each, peak)
	if left.Load() != keepAliveClients || lost.Load() != 0 {
		t.Errorf("%d requests lost; of %d clients %d were told to leave", lost.Load(), keepAliveClients, left.Load())
	}
	if peak > containerMemory {
		t.Errorf("resident %d bytes, and the container may have %d", peak, containerMemory)
	}
	if got, want := p.messages(t), []string{"listening", "draining", "stopped"}; !slices.Equal(got, want) {
		t.Errorf("log messages: %v", got)
	}
}

// buildBinary builds the service as its image does. The race detector would take many times the memory.
func buildBinary(t *testing.T) string {
	t.Helper()
	binary := filepath.Join(t.TempDir(), "ping")
	build := exec.Command("go", "build", "-trimpath", "-ldflags=-s -w", "-o", binary, ".")
	build.Env = append(os.Environ(), "CGO_ENABLED=0", "GOFLAGS=")
	if output, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, output)
	}
	return binary
}

// process is the service, started by a test.
type process struct {
	command *exec.Cmd
	log     *lockedBuffer
	ended   chan struct{}
}

func launch(t *testing.T, binary, port string) *process {
	t.Helper()
	p := &process{exec.Command(binary), &lockedBuffer{}, make(chan struct{})}
	p.command.Env = []string{"PORT=" + port, fmt.Sprintf("GOMEMLIMIT=%d", containerMemory*9/10)}
	p.command.Stdout, p.command.Stderr = p.log, p.log
	if err := p.command.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		defer close(p.ended)
		_ = p.command.Wait()
	}()
	t.Cleanup(func() {
		_ = p.command.Process.Kill()
		<-p.ended
	})
	return p
}

func (p *process) running() bool {
	select {
	case <-p.ended:
		return false
	default:
		return true
	}
}

// logs waits for a line with this message.
func (p *process) logs(t *testing.T, message string) {
	t.Helper()
	await(t, message, func() bool { return strings.Contains(p.log.String(), `"msg":"`+message+`"`) || !p.running() })
}

// messages of the log, whose lines are JSON; the first says what was built.
func (p *process) messages(t *testing.T) []string {
	t.Helper()
	var messages []string
	for line := range strings.Lines(p.log.String()) {
		record := struct{ Msg, Version, Commit, Go string }{}
		if err := json.Unmarshal([]byte(line), &record); err != nil {
			t.Errorf("%q: %v", line, err)
		}
		if record.Msg == "listening" && (record.Version == "" || record.Commit == "" || record.Go == "") {
			t.Errorf("no version, commit or Go version: %s", line)
		}
		messages = append(messages, record.Msg)
	}
	return messages
}

// exit waits for the process's end and returns its exit code; -1 stands for a signal.
func (p *process) exit(t *testing.T) int {
	t.Helper()
	await(t, "the process's end", func() bool { return !p.running() })
	return p.command.ProcessState.ExitCode()
}

// resident is a figure of proc(5) in bytes: VmRSS, the resident set size, or VmHWM, the largest that there was.
func (p *process) resident(t *testing.T, figure string) int {
	t.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.command.Process.Pid))
	if err != nil {
		t.Skipf("memory is read from /proc: %v", err)
	}
	for line := range strings.Lines(string(status)) {
		if value, found := strings.CutPrefix(line, figure+":"); found {
			kilobytes, err := strconv.Atoi(strings.TrimSuffix(strings.TrimSpace(value), " kB"))
			if err != nil {
				t.Fatal(err)
			}
			return kilobytes << 10
		}
	}
	t.Fatalf("no %s in %s", figure, status)
	return 0
}

func await(t *testing.T, what string, condition func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); !condition(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("gave up waiting: %s", what)
		}
	}
}

// freePort returns a port that was free a moment ago.
func freePort(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", ":0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	return portOf(t, listener)
}

func portOf(t *testing.T, listener net.Listener) string {
	t.Helper()
	_, port, err := net.SplitHostPort(listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	return port
}

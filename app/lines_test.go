package main

import (
	"fmt"
	"io"
	"strings"
	"testing"
)

func TestLinesAreLimitedBetweenEmptyOnes(t *testing.T) {
	most := strings.Repeat("a: b\r\n", maxHeaderLines)
	for name, test := range map[string]struct {
		sent    string
		refused bool
	}{
		"nothing":                       {"", false},
		"the most lines":                {most + "\r\n", false},
		"a line more":                   {most + "a: b\r\n", true},
		"a line more, without its end":  {most + "a: b", false},
		"two requests of the most":      {most + "\r\n" + most + "\r\n", false},
		"line feeds alone":              {strings.Repeat("a:\n", maxHeaderLines+1), true},
		"empty lines":                   {strings.Repeat("\r\n", 10*maxHeaderLines), false},
		"one long line":                 {strings.Repeat("a", 10*maxHeaderLines), false},
		"folded lines are no empty one": {strings.Repeat("a:\n \n", maxHeaderLines/2) + "a:\n", true},
		"carriage returns end no line":  {strings.Repeat("a:\r", maxHeaderLines+1), false},
	} {
		t.Run(name, func(t *testing.T) {
			for _, size := range []int{1, 2, 3, len(test.sent) + 1} {
				var l lines
				var err error
				for rest := test.sent; rest != "" && err == nil; {
					n := min(size, len(rest))
					err = l.add([]byte(rest[:n]))
					rest = rest[n:]
				}
				if (err != nil) != test.refused {
					t.Errorf("in pieces of %d: got %v, want refused %v", size, err, test.refused)
				}
			}
		})
	}
}

func TestHeaderOfTooManyLinesIsRefused(t *testing.T) {
	fields := func(count int) string {
		var b strings.Builder
		for i := range count {
			fmt.Fprintf(&b, "x-%d: y\r\n", i)
		}
		return b.String()
	}
	// The request line and Host count too.
	for added, want := range map[int]int{maxHeaderLines - 2: 200, maxHeaderLines - 1: 400} {
		c := start(t, newServer(&drain{}, discard))()
		_, _ = io.WriteString(c, "GET /health HTTP/1.1\r\nHost: test\r\n"+fields(added)+"\r\n")
		if got, _ := c.read(t); got.status != want {
			t.Errorf("%d lines: got %d, want %d", added+2, got.status, want)
		}
	}
}

func BenchmarkLines(b *testing.B) {
	request := []byte("GET /health HTTP/1.1\r\nHost: 127.0.0.1:8080\r\n\r\n")
	var l lines
	b.SetBytes(int64(len(request)))
	for b.Loop() {
		if err := l.add(request); err != nil {
			b.Fatal(err)
		}
	}
}

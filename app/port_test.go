package main

import (
	"strconv"
	"strings"
	"testing"
)

func TestParsePortAcceptsTheRange(t *testing.T) {
	for value, want := range map[string]int{"": 8080, "1": 1, "80": 80, "8080": 8080, "65535": 65535} {
		got, err := parsePort(value)
		if err != nil || got != want {
			t.Errorf("parsePort(%q) = %d, %v; want %d", value, got, err, want)
		}
	}
}

func TestParsePortRefusesWithKeyValueAndRange(t *testing.T) {
	for _, value := range []string{
		"0", "-1", "+80", "65536", "99999999999999999999", "http", "80a", "8 0", " 80", "80 ", "80\n",
		"080", "0x50", "8_080", "80.0", "1e3", ":8080", "٨٠",
	} {
		_, err := parsePort(value)
		if err == nil {
			t.Errorf("parsePort(%q) was accepted", value)
			continue
		}
		for _, part := range []string{"PORT", strconv.Quote(value), "1 to 65535"} {
			if !strings.Contains(err.Error(), part) {
				t.Errorf("parsePort(%q): error %q does not say %s", value, err, part)
			}
		}
	}
}

func FuzzParsePort(f *testing.F) {
	for _, value := range []string{"", "0", "1", "8080", "65535", "65536", "-1", "+1", " 1", "01", "1e3", "0x1"} {
		f.Add(value)
	}
	f.Fuzz(func(t *testing.T, value string) {
		port, err := parsePort(value)
		if (err == nil) != (port != 0) {
			t.Fatalf("parsePort(%q) = %d, %v; want either a port or an error", value, port, err)
		}
		if err != nil || value == "" {
			return
		}
		if port < 1 || port > 65535 || strconv.Itoa(port) != value {
			t.Fatalf("parsePort(%q) = %d", value, port)
		}
	})
}

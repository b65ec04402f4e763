package main

import (
	"fmt"
	"strconv"
)

// defaultPort is the TCP port served when PORT is unset or empty.
const defaultPort = 8080

// parsePort reads the value of PORT: a decimal TCP port from 1 to 65535, without sign, space or leading zero. An empty
// value means [defaultPort]. 0 is refused although it binds: it would pick a port that no Service points at.
func parsePort(value string) (int, error) {
	if value == "" {
		return defaultPort, nil
	}
	port, err := strconv.Atoi(value)
	if err != nil || port < 1 || port > 65535 || strconv.Itoa(port) != value {
		return 0, fmt.Errorf("PORT=%q: want a decimal number from 1 to 65535, or no PORT for %d", value, defaultPort)
	}
	return port, nil
}

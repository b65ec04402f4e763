// Package tlsalpn01 has what Traefik names of the TLS challenge.
package tlsalpn01

import (
	"errors"
	"time"
)

// ACMETLS1Protocol is the name of the challenge's protocol.
const ACMETLS1Protocol = "acme-tls/1"

// ChallengeOption changes how the challenge is solved.
type ChallengeOption func()

// SetDelay returns no option.
func SetDelay(time.Duration) ChallengeOption { return nil }

// ChallengeBlocks fails: there is no ACME.
func ChallengeBlocks(string, string) (certificate, key []byte, err error) {
	return nil, nil, errors.New("built without ACME")
}
